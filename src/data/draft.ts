import type { Sha256 } from "../kernel/hash.ts";
import type { Id } from "../kernel/ids.ts";
import { must } from "../kernel/errors.ts";
import { digestOf } from "./digest.ts";
import type { Fate, Incoming, Known } from "./plan.ts";
import type { LabelRow, PartCounts } from "./report.ts";
import { type Part, type Split, parts } from "./splits.ts";
import { type NumberFacts, numberFacts } from "./table/facts.ts";
import type { Target } from "./table/shape.ts";

/** An example that the next version brings into the world. A million of them are held at once: no text in here. */
export interface Birth extends Incoming {
  /** Which row it comes from. */
  readonly row: number;
  readonly group: string;
  readonly split: Split;
  readonly part: Part;
  readonly ordinal: number;
}

/** The next version as what it changes: memberships that end, known examples that come (back) in, and new ones. */
export interface Draft {
  readonly closes: readonly Known[];
  readonly opens: readonly { readonly known: Known; readonly part: Part; readonly ordinal: number }[];
  readonly births: readonly Birth[];
}

/** Turns fates into a draft. `order` gives the ordinals of new examples: indexes of rows, the earliest first. */
export function draftFrom(
  known: readonly Known[],
  rows: readonly Incoming[],
  fates: readonly Fate[],
  order: Iterable<number>,
  removed: readonly Known[] = [],
): Draft {
  const closes = [...removed];
  const opens: Draft["opens"][number][] = [];
  const births: Birth[] = [];
  let next = known.reduce((max, example) => Math.max(max, example.ordinal), -1) + 1;
  for (const i of order) {
    const { inputHash, contentHash, label, sketch } = must(rows[i], "a row");
    const fate = must(fates[i], "a fate");
    const row = { row: i, inputHash, contentHash, label, sketch };
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
  for (const example of known) if (isMember(example) && !closed.has(example.id)) members.push(example);
  for (const { known: example, part } of opens) members.push({ ...example, part });
  for (const birth of births) members.push(birth);
  return members;
}

const isMember = (example: Known): example is Known & Member => example.part !== undefined;

/** Facts of a set of members, computed once. */
export interface Tally {
  readonly digest: Sha256;
  readonly testDigest: Sha256;
  readonly counts: PartCounts;
  readonly labelRows: readonly LabelRow[];
  /** Labels of train, validation and test, in order. */
  readonly labels: readonly string[];
  /** Where labels are numbers: how these are spread. Then there are no label rows. */
  readonly numbers: NumberFacts | undefined;
}

/** `namesIn` tells what is counted of a label. */
export function tallyOf(
  members: readonly Member[],
  namesIn: (label: string) => readonly string[],
  target: Target = "class",
): Tally {
  const counts = emptyCounts();
  const numbers = numberFacts();
  const byLabel = new Map<string, Record<Part, number>>();
  for (const { label, part } of members) {
    counts[part]++;
    if (label === undefined) continue;
    if (target === "number") {
      numbers.add(Number(label));
      continue;
    }
    for (const name of namesIn(label)) {
      let row = byLabel.get(name);
      if (!row) byLabel.set(name, (row = emptyCounts()));
      row[part]++;
    }
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
    numbers: target === "number" ? numbers.facts() : undefined,
  };
}

function emptyCounts(): Record<Part, number> {
  return Object.fromEntries(parts.map((part) => [part, 0])) as Record<Part, number>;
}
