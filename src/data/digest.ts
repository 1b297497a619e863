import { createHash } from "node:crypto";
import { type Sha256, canonicalJson, sha256 } from "../kernel/hash.ts";
import type { Part } from "./splits.ts";

/** An example's content: the hash of its text, and its label. */
export function contentHashOf(inputHash: Sha256, label: string | undefined): Sha256 {
  return sha256(canonicalJson([inputHash, label ?? null]));
}

/** What a version is, in 64 characters: its examples' content hashes and parts, sorted, so order does not matter. */
export function digestOf(members: Iterable<{ readonly contentHash: Sha256; readonly part: Part }>): Sha256 {
  const lines = Array.from(members, ({ contentHash, part }) => `${contentHash} ${part}`).sort();
  const hash = createHash("sha256");
  for (const line of lines) hash.update(`${line}\n`);
  return hash.digest("hex");
}
