import type { ErrorComponentProps } from "@tanstack/react-router";
import { ErrorState } from "../ui/states.tsx";

/** What a page shows that broke, instead of nothing. */
export function PageError({ error, reset }: ErrorComponentProps) {
  return <ErrorState error={error} onRetry={reset} />;
}
