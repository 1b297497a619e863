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
