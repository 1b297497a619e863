import type { RejectionReason } from "./read.ts";

/** A label from a typed value: text, numbers and booleans are labels, lists and objects are not. */
export function labelText(value: unknown): { ok: true; text: string } | { ok: false; reason: RejectionReason } {
  if (value === null || value === undefined) return { ok: false, reason: "missing_label" };
  if (
    typeof value !== "string" &&
    typeof value !== "number" &&
    typeof value !== "boolean" &&
    typeof value !== "bigint"
  ) {
    return { ok: false, reason: "label_not_scalar" };
  }
  const text = String(value);
  return text.trim() === "" ? { ok: false, reason: "missing_label" } : { ok: true, text };
}
