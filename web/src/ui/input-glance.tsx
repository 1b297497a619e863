import type { Item } from "../api/client.ts";
import styles from "./example-input.module.css";

interface InputGlanceProps {
  readonly kind: Item<"GET /admin/v1/datasets">["kind"];
  readonly input: string;
}

/** An input in a row of a table. */
export function InputGlance({ kind, input }: InputGlanceProps) {
  if (kind === "image" && input.startsWith("data:image/png;base64,")) {
    return <img src={input} alt="" className={styles["thumb"]} />;
  }
  if (kind !== "text-pairs") return input;
  const { a, b } = JSON.parse(input) as { readonly a: string; readonly b: string };
  return `A: ${a} · B: ${b}`;
}
