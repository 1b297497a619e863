import { must } from "../kernel/errors.ts";
import type { Member, Tally } from "./draft.ts";
import { type Gathered, type GatheredRow, placeOf } from "./gather.ts";
import { describeImage } from "./image/prepare.ts";
import { type Kind, isCompared, isForLabelling } from "./kinds.ts";
import type { Fate } from "./plan.ts";
import type { ReadNotes } from "./readers/read.ts";
import type { Format } from "./readers/source.ts";
import type { ImageFacts, ImportReport, LabelRow, MailNotes, PartCounts, Percentiles } from "./report.ts";
import { type TableFacts, columnWarnings, numberFacts, tableFacts } from "./table/facts.ts";
import type { TableShape } from "./table/shape.ts";
import type { DetectLanguage } from "./text/language.ts";
import { type PersonalKind, personalKinds } from "./text/personal.ts";

export interface ReportMaterial {
  readonly data: Kind;
  readonly table: TableShape | undefined;
  readonly path: string;
  readonly format: Format;
  readonly redacted: boolean;
  readonly gathered: Gathered;
  readonly fates: readonly Fate[];
  readonly notes: ReadNotes;
  /** Of the version as it would be. */
  readonly members: readonly Member[];
  readonly tally: Tally;
  readonly readText: (row: GatheredRow) => Promise<string>;
  readonly detectLanguage: DetectLanguage;
}

/** Sums up an import. It reads a sample of the texts, for their language, and keeps none of them. */
export async function buildImportReport(material: ReportMaterial): Promise<ImportReport> {
  const { data, gathered, fates, tally, notes } = material;
  const isText = isCompared(data);
  const added = gathered.rows.filter((_, i) => fates[i]?.kind === "added");
  const rows = countRows(gathered, fates);
  const refused = gathered.rows.filter((_, i) => fates[i]?.kind === "refused");
  const table = material.table && (await describeTable(added, material.table, material.readText));
  return {
    kind: "import",
    data,
    source: { path: material.path, format: material.format },
    rows,
    rejections: { byReason: Object.fromEntries(gathered.rejected), listed: gathered.rejections.map(listedRejection) },
    conflicts: {
      texts: gathered.conflicts.length + refused.length,
      listed: [
        ...gathered.conflicts.map(({ labels, at }) => ({ labels: Object.fromEntries(labels), at: at.map(placeOf) })),
        ...refused.map((row) => ({
          labels: { [row.label ?? ""]: 1 + row.copies },
          at: [placeOf(row.at), "the dataset"],
        })),
      ].slice(0, conflictsListedMax),
    },
    nearDuplicates: describeGroups(material.members),
    lengthChars: isText ? percentiles(added.map((row) => row.chars)) : undefined,
    languages: isText ? await sampleLanguages(added, material) : { sampled: 0, shares: [] },
    personalData: { redacted: material.redacted, found: countPersonal(added) },
    mail: notes.mails === 0 ? undefined : describeMails(notes),
    ...(table && { table }),
    ...(data === "image" && { images: await describeImages(added, gathered.shrunk, material.readText) }),
    skippedFiles: sorted(notes.skippedFiles).map(([extension, files]) => ({ extension, files })),
    parts: tally.counts,
    labels: tally.labelRows,
    ...(tally.numbers && { numbers: tally.numbers }),
    warnings: [...(table ? columnWarnings(table) : []), ...warningsOf(data, tally.counts, tally.labelRows)],
  };
}

const conflictsListedMax = 100;

function countRows(gathered: Gathered, fates: readonly Fate[]): ImportReport["rows"] {
  const sumOf = (counts: Iterable<number>): number => Array.from(counts).reduce((sum, n) => sum + n, 0);
  const kinds = { added: 0, returned: 0, relabelled: 0, unchanged: 0, refused: 0 };
  let copies = 0;
  let refusedCopies = 0;
  for (const [i, row] of gathered.rows.entries()) {
    const { kind } = must(fates[i], "a fate");
    kinds[kind]++;
    if (kind === "refused") refusedCopies += row.copies;
    else copies += row.copies;
  }
  return {
    read: gathered.read,
    rejected: sumOf(gathered.rejected.values()),
    duplicates: copies,
    conflicting: sumOf(gathered.conflicts.map(({ labels }) => sumOf(labels.values()))) + kinds.refused + refusedCopies,
    alreadyThere: kinds.unchanged,
    added: kinds.added,
    returned: kinds.returned,
    ...(gathered.averaged > 0 && { averaged: gathered.averaged }),
  };
}

type ReadInput = ReportMaterial["readText"];

async function describeTable(
  rows: readonly GatheredRow[],
  shape: TableShape,
  readInput: ReadInput,
): Promise<TableFacts> {
  const counting = tableFacts(shape);
  for await (const input of inputsOf(rows, readInput)) counting.add(input);
  return counting.facts();
}

async function describeImages(rows: readonly GatheredRow[], shrunk: number, readInput: ReadInput): Promise<ImageFacts> {
  const [widths, heights] = [numberFacts(), numberFacts()];
  let grey = 0;
  for await (const input of inputsOf(rows, readInput)) {
    const { width, height, isGrey } = describeImage(input);
    widths.add(width);
    heights.add(height);
    if (isGrey) grey++;
  }
  const [width, height] = [widths.facts(), heights.facts()];
  return {
    grey,
    colour: rows.length - grey,
    widthMin: width.min,
    widthMax: width.max,
    heightMin: height.min,
    heightMax: height.max,
    shrunk,
  };
}

const inputsBetweenPauses = 1_000;

async function* inputsOf(rows: readonly GatheredRow[], readInput: ReadInput): AsyncGenerator<string> {
  for (const [i, row] of rows.entries()) {
    // lets a server answer meanwhile
    if (i % inputsBetweenPauses === 0) await new Promise<void>((resolve) => void setImmediate(resolve));
    yield await readInput(row);
  }
}

function listedRejection({
  file,
  row,
  column,
  reason,
}: Gathered["rejections"][number]): ImportReport["rejections"]["listed"][number] {
  return { file, reason, ...(row !== undefined && { row }), ...(column !== undefined && { column }) };
}

function describeGroups(members: readonly Member[]): ImportReport["nearDuplicates"] {
  const sizeOf = new Map<string, number>();
  for (const { group } of members) sizeOf.set(group, (sizeOf.get(group) ?? 0) + 1);
  const labelsOf = new Map<string, Set<string | undefined>>(); // of groups of several only: most have one
  for (const { group, label } of members) {
    if ((sizeOf.get(group) ?? 0) > 1) labelsOf.set(group, (labelsOf.get(group) ?? new Set()).add(label));
  }
  const several = [...labelsOf].map(([group, labels]) => ({ size: sizeOf.get(group) ?? 0, labels: labels.size }));
  const sizes = sizeClasses.map(({ name, from, to }) => ({
    size: name,
    groups: several.filter(({ size }) => size >= from && size <= to).length,
  }));
  return {
    groups: several.length,
    examples: several.reduce((sum, { size }) => sum + size, 0),
    largest: several.reduce((max, { size }) => Math.max(max, size), 0),
    mixedLabels: several.filter(({ labels }) => labels > 1).length,
    sizes: sizes.filter((row) => row.groups > 0),
  };
}

const sizeClasses = [
  { name: "2", from: 2, to: 2 },
  { name: "3 to 5", from: 3, to: 5 },
  { name: "6 to 20", from: 6, to: 20 },
  { name: "21 to 100", from: 21, to: 100 },
  { name: "over 100", from: 101, to: Number.POSITIVE_INFINITY },
];

/** Nearest-rank percentiles; `undefined` of nothing. */
export function percentiles(values: readonly number[]): Percentiles | undefined {
  if (values.length === 0) return undefined;
  const ascending = Float64Array.from(values).sort();
  const at = (share: number): number => ascending[Math.max(Math.ceil(share * ascending.length) - 1, 0)] ?? 0;
  return { min: at(0), p10: at(0.1), p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) };
}

const languageSampleMax = 1_000;

/** Every k-th text, so that no part of a sorted file is favoured. */
async function sampleLanguages(
  rows: readonly GatheredRow[],
  { readText, detectLanguage }: ReportMaterial,
): Promise<ImportReport["languages"]> {
  const found = new Map<string, number>();
  const sampled = Math.min(rows.length, languageSampleMax);
  for (let i = 0; i < sampled; i++) {
    const row = must(rows[Math.floor((i * rows.length) / sampled)], "a sampled row");
    const language = await detectLanguage(await readText(row));
    found.set(language, (found.get(language) ?? 0) + 1);
  }
  return { sampled, shares: sorted(found).map(([language, count]) => ({ language, share: count / sampled })) };
}

function countPersonal(rows: readonly GatheredRow[]): ImportReport["personalData"]["found"] {
  const of = (kind: PersonalKind): { matches: number; examples: number } => ({
    matches: rows.reduce((sum, { personal }) => sum + personal[kind], 0),
    examples: rows.filter(({ personal }) => personal[kind] > 0).length,
  });
  return Object.fromEntries(personalKinds.map((kind) => [kind, of(kind)])) as ImportReport["personalData"]["found"];
}

function describeMails(notes: ReadNotes): MailNotes {
  return {
    mails: notes.mails,
    attachmentsDropped: notes.attachments,
    strippedHeaders: sorted(notes.strippedHeaders).map(([header, mails]) => ({ header, mails })),
  };
}

/** Most frequent first, ties by name. */
function sorted(counts: ReadonlyMap<string, number>): [string, number][] {
  return [...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
}

const fewTestExamples = 100;
const fewTrainExamples = 10;

/** What a person should know before training on this; nothing where nobody will. */
export function warningsOf(kind: Kind, parts: PartCounts, labels: readonly LabelRow[]): string[] {
  if (isForLabelling(kind)) return [];
  const warnings: string[] = [];
  if (parts.test === 0) warnings.push("There is no test split: nothing can be proved about a model.");
  else if (parts.test < fewTestExamples) {
    warnings.push(
      `The test split has only ${parts.test} examples: differences between models will hardly be provable.`,
    );
  }
  if (parts.validation === 0) warnings.push("There is no validation split: training cannot tell when to stop.");
  if (parts.held > 0) {
    warnings.push(`${parts.held} held back: too similar to the frozen test, or to two splits at once.`);
  }
  const lacking = (part: "train" | "test"): string[] =>
    labels.filter((row) => row[part] === 0).map(({ label }) => label);
  if (lacking("train").length > 0) warnings.push(`Labels without a training example: ${shortList(lacking("train"))}.`);
  if (parts.test > 0 && lacking("test").length > 0) {
    warnings.push(`Labels without a test example: ${shortList(lacking("test"))}.`);
  }
  const rare = labels.filter((row) => row.train > 0 && row.train < fewTrainExamples).map(({ label }) => label);
  if (rare.length > 0)
    warnings.push(`Labels with fewer than ${fewTrainExamples} training examples: ${shortList(rare)}.`);
  return warnings;
}

const shortList = (names: readonly string[]): string =>
  names.length > 5 ? `${names.slice(0, 5).join(", ")} and ${names.length - 5} more` : names.join(", ");
