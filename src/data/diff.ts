import { Refusal } from "../kernel/errors.ts";
import type { Queries } from "../store/index.ts";
import { type Part, parts } from "./splits.ts";
import type { DataTables } from "./tables.ts";
import type { DatasetVersion } from "./versions.ts";

/** What changed from one version to another of the same dataset. */
export interface VersionDiff {
  readonly added: PartCount;
  readonly removed: PartCount;
  /** The same text with another label. */
  readonly relabelled: number;
  /** From one part to another, out of the pool for instance. */
  readonly moved: readonly { readonly from: Part; readonly to: Part; readonly examples: number }[];
  readonly sameTest: boolean;
}

export type PartCount = { readonly [P in Part]: number };

interface MemberRow {
  readonly id: string;
  readonly input_hash: string;
  readonly label: string | null;
  readonly part: Part;
}

export async function diffVersions(db: Queries, from: DatasetVersion, to: DatasetVersion): Promise<VersionDiff> {
  if (from.datasetId !== to.datasetId) {
    throw new Refusal("invalid_request", "Versions of two datasets cannot be compared.", {
      hint: "Name two versions of one dataset, like mails@1 and mails@2.",
    });
  }
  const before = await changedMembers(db, from, to);
  const after = await changedMembers(db, to, from);
  const added = Object.fromEntries(parts.map((part) => [part, 0])) as Record<Part, number>;
  const removed = { ...added };
  const moved = new Map<string, number>();
  let relabelled = 0;
  const keyOf = (row: MemberRow): string => row.input_hash || row.id; // an erased example has no hash any more
  const beforeByInput = new Map(before.map((row) => [keyOf(row), row]));
  for (const row of after) {
    const earlier = beforeByInput.get(keyOf(row));
    beforeByInput.delete(keyOf(row));
    if (!earlier) {
      added[row.part]++;
      continue;
    }
    if (earlier.label !== row.label) relabelled++;
    if (earlier.part !== row.part) {
      const key = `${earlier.part} ${row.part}`;
      moved.set(key, (moved.get(key) ?? 0) + 1);
    }
  }
  for (const row of beforeByInput.values()) removed[row.part]++;
  return {
    added,
    removed,
    relabelled,
    moved: [...moved].map(([key, examples]) => {
      const [from, to] = key.split(" ") as [Part, Part];
      return { from, to, examples };
    }),
    sameTest: from.testDigest === to.testDigest,
  };
}

/** Members of one version through a span that does not reach the other: all that can differ. */
function changedMembers(db: Queries, of: DatasetVersion, without: DatasetVersion): Promise<MemberRow[]> {
  return db
    .as<DataTables>()
    .selectFrom("data_members as m")
    .innerJoin("data_examples as e", "e.id", "m.example_id")
    .select(["e.id", "e.input_hash", "e.label", "m.part"])
    .where("m.dataset_id", "=", of.datasetId)
    .where("m.since_number", "<=", of.number)
    .where("m.until_number", ">", of.number)
    .where((where) =>
      where.or([where("m.since_number", ">", without.number), where("m.until_number", "<=", without.number)]),
    )
    .execute();
}
