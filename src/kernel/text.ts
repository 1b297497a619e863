import { Refusal } from "./errors.ts";

/** NUL, which Postgres cannot store as text, and half of a surrogate pair, which UTF-8 cannot write. */
const unstorable = /[\0\p{Surrogate}]/u;

/** Refuses text that would not come back from the database, or hash, as it went in. */
export function assertStorable(text: string, param: string): void {
  const found = unstorable.exec(text);
  if (!found) return;
  const what = found[0] === "\0" ? "a NUL character" : "half of a surrogate pair";
  throw new Refusal("invalid_request", `The text holds ${what} at position ${found.index}.`, { param });
}

/** Deeper than any document that is meant; recursion over it stays far from the stack's end. */
const depthMax = 100;

/** The same for every text in a parsed JSON value; `param` names where in it the text stands. */
export function assertAllStorable(value: unknown, param: string, depth = 0): void {
  if (typeof value === "string") return assertStorable(value, param);
  if (typeof value !== "object" || value === null) return;
  if (depth > depthMax) throw new Refusal("invalid_request", `It is nested deeper than ${depthMax} levels.`, { param });
  for (const [name, inner] of Object.entries(value)) {
    if (!Array.isArray(value)) assertStorable(name, param);
    const isChecked = typeof inner === "string" || typeof inner === "object";
    if (isChecked) assertAllStorable(inner, depth < 2 ? `${param}.${name}` : param, depth + 1);
  }
}
