import type { RefusalCode, RefusalDetails } from "../../kernel/errors.ts";

/** Parent to child. Values pass by structured clone. */
export interface ToChild {
  readonly is: "start";
  readonly input: unknown;
}

/** Child to parent. Anything counts as a sign of life. */
export type ToParent =
  | { readonly is: "ready" }
  | { readonly is: "alive" }
  | { readonly is: "progress"; readonly progress: unknown }
  | { readonly is: "result"; readonly output: unknown }
  | { readonly is: "refused"; readonly code: RefusalCode; readonly message: string; readonly details: RefusalDetails }
  | { readonly is: "failed"; readonly message: string };

/** How often a child that is not blocked says that it lives. */
export const heartbeatMs = 1_000;
