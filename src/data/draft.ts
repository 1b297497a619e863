import type { Sha256 } from "../kernel/hash.ts";
import type { Id } from "../kernel/ids.ts";
import { must } from "../kernel/errors.ts";
import { digestOf } from "./digest.ts";
import type { Fate, Known } from "./plan.ts";
import type { Provenance } from "./provenance.ts";
import type { LabelRow, PartCounts } from "./report.ts";
import { type Part, type Split, parts } from "./splits.ts";

/** An example that the next version brings into the world. */
export interface Birth {
  readonly inputHash: string;
  readonly contentHash: Sha256;
  readonly label: string | undefined;
  readonly sketch: Uint32Array;
  readonly group: string;
  readonly split: Split;
  readonly part: Part;
  readonly ordinal: number;
  readonly provenance: Provenance;
  readonly readText: () => Promise<string>;
}

/** The next version as what it changes: memberships that end, known examples that come (back) in, and new ones. */
export interface Draft {
  readonly closes: readonly Known[];
  readonly opens: readonly { readonly known: Known; readonly part: Part; readonly ordinal: number }[];
  readonly births: readonly Birth[];
}

/** What a row needs to be born. */
export interface DraftRow {
  readonly inputHash: string;
  readonly label: string | undefined;
  readonly sketch: Uint32Array;
  readonly contentHash: Sha256;
  readonly provenance: Provenance;
  readonly readText: () => Promise<string>;
}

/** Turns fates into a draft. `order` gives the ordinals of new examples: indexes of rows, the earliest first. */
export function draftFrom(
  known: readonly Known[],
  rows: readonly DraftRow[],
  fates: readonly Fate[],
  order: readonly number[],
  removed: readonly Known[] = [],
): Draft {
  const closes = [...removed];
  const opens: Draft["opens"][number][] = [];
  const births: Birth[] = [];
  let next = known.reduce((max, example) => Math.max(max, example.ordinal), -1) + 1;
  for (const i of order) {
    const row = must(rows[i], "a row");
    const fate = must(fates[i], "a fate");
    if (fate.kind === "added") {
      births.push({ ...row, group: fate.group, split: fate.split, part: fate.part, ordinal: next++ });
    } else if (fate.kind === "returned" || fate.kind === "relabelled") {
      const { known: before, revives, part } = fate;
      if (before.part !== undefined) closes.push(before);
      if (revives) opens.push({ known: revives, part, ordinal: before.ordinal });
      else births.push({ ...row, group: before.group, split: before.split, part, ordinal: before.ordinal });
    }
  }
  return { closes, opens, births };
}

export interface Member {
  readonly contentHash: Sha256;
  readonly label: string | undefined;
  readonly part: Part;
  readonly group: string;
}

/** Everything the drafted version would hold. */
export function membersOf(known: readonly Known[], { closes, opens, births }: Draft): Member[] {
  const closed = new Set<Id<"example">>(closes.map(({ id }) => id));
  const members: Member[] = [];
  for (const { id, contentHash, label, part, group } of known) {
    if (part !== undefined && !closed.has(id)) members.push({ contentHash, label, part, group });
  }
  for (const {
    known: { contentHash, label, group },
    part,
  } of opens)
    members.push({ contentHash, label, part, group });
  for (const { contentHash, label, part, group } of births) members.push({ contentHash, label, part, group });
  return members;
}

/** Facts of a set of members, computed once. */
export interface Tally {
  readonly digest: Sha256;
  readonly testDigest: Sha256;
  readonly counts: PartCounts;
  readonly labelRows: readonly LabelRow[];
  /** Labels of train, validation and test, in order. */
  readonly labels: readonly string[];
}

export function tallyOf(members: readonly Member[]): Tally {
  const counts = emptyCounts();
  const byLabel = new Map<string, Record<Part, number>>();
  for (const { label, part } of members) {
    counts[part]++;
    if (label === undefined) continue;
    let row = byLabel.get(label);
    if (!row) byLabel.set(label, (row = emptyCounts()));
    row[part]++;
  }
  const labelRows = [...byLabel]
    .map(([label, row]) => Object.assign({ label }, row))
    .sort((a, b) => (a.label < b.label ? -1 : 1));
  return {
    digest: digestOf(members),
    testDigest: digestOf(members.filter(({ part }) => part === "test")),
    counts,
    labelRows,
    labels: labelRows.filter((row) => row.train + row.validation + row.test > 0).map(({ label }) => label),
  };
}

function emptyCounts(): Record<Part, number> {
  return Object.fromEntries(parts.map((part) => [part, 0])) as Record<Part, number>;
}
