import { sha256 } from "../kernel/hash.ts";
import type { Queries } from "../store/index.ts";
import { contentHashOf, digestOf } from "./digest.ts";
import { pagesOfExamples } from "./examples.ts";
import { type Part, parts } from "./splits.ts";
import type { DatasetVersion } from "./versions.ts";

export interface Verification {
  /** `erased`: examples were forgotten since, so the digest can no longer be recomputed. */
  readonly state: "intact" | "erased" | "damaged";
  readonly examples: number;
}

/** Reads a whole version and recomputes its digest from the stored texts. */
export async function verifyVersion(db: Queries, version: DatasetVersion): Promise<Verification> {
  const members: { contentHash: string; part: Part }[] = [];
  for (const part of parts) {
    for await (const page of pagesOfExamples(db, version, part)) {
      for (const { input, label } of page) members.push({ contentHash: contentHashOf(sha256(input), label), part });
    }
  }
  const recorded = parts.reduce((sum, part) => sum + version.counts[part], 0);
  if (members.length < recorded) return { state: "erased", examples: members.length };
  return { state: digestOf(members) === version.digest ? "intact" : "damaged", examples: members.length };
}
