import type { Task } from "../models/index.ts";
import { quantile } from "./bootstrap.ts";
import { hypergeometricTail } from "./distributions.ts";
import type { Members } from "./slices.ts";

/** A slice has at least so many examples: fewer say little, and a rare word may name a person. */
const examplesMin = 20;
const foundMax = 5;
const falseShare = 0.05;

/**
 * Words of texts and values of columns that errors hold more often than chance allows: Fisher's exact test, one-sided, with
 * Holm's correction (1979) for all that were looked at, so that in 95 of 100 splits without such a slice none is found.
 * Those with the smallest p first.
 */
export function foundSlices(task: Task, inputs: readonly string[], right: readonly boolean[]): Members[] {
  const wrong = right.filter((isRight) => !isRight).length;
  const candidates = candidatesOf(task, inputs).filter(
    ({ members }) => members.length >= examplesMin && members.length <= inputs.length - examplesMin,
  );
  const tested = candidates
    .map((candidate) => {
      const hits = candidate.members.filter((i) => right[i] === false).length;
      return { ...candidate, p: hypergeometricTail(hits, candidate.members.length, wrong, inputs.length) };
    })
    .toSorted((a, b) => a.p - b.p);
  const failed = tested.findIndex(({ p }, rank) => p * (tested.length - rank) > falseShare);
  const found = tested.slice(0, failed < 0 ? undefined : failed);
  return found.slice(0, foundMax).map(({ name, members }) => ({ name, members }));
}

function candidatesOf(task: Task, inputs: readonly string[]): Members[] {
  const found = new Map<string, number[]>();
  const features =
    task === "text-classification" ? wordFeatures : task === "table-classification" ? columnFeatures : none;
  for (const [i, names] of features(inputs).entries()) {
    for (const name of names) {
      const members = found.get(name);
      if (members) members.push(i);
      else found.set(name, [i]);
    }
  }
  return [...found].map(([name, members]) => ({ name, members }));
}

const none = (): string[][] => [];

const charsLooked = 5_000;
const unspaced = /[\u3040-\u30ff\u3400-\u9fff]/;

function wordFeatures(inputs: readonly string[]): Set<string>[] {
  const segmenter = new Intl.Segmenter(undefined, { granularity: "word" });
  const words = (text: string): string[] =>
    unspaced.test(text)
      ? [...segmenter.segment(text)].flatMap(({ segment, isWordLike }) => (isWordLike === true ? [segment] : []))
      : (text.match(/[\p{L}\p{N}]+/gu) ?? []);
  return inputs.map((input) => {
    return new Set(words(input.slice(0, charsLooked).toLowerCase()).map((word) => `with the word "${word}"`));
  });
}

type Row = Readonly<Record<string, unknown>>;

/** A value of a column; of numbers with many values, the lowest and the highest quarter; what is missing. */
function columnFeatures(inputs: readonly string[]): string[][] {
  const rows = inputs.map((input) => JSON.parse(input) as Row);
  const columns = Object.keys(rows[0] ?? {});
  const quarters = new Map(columns.map((column) => [column, quartersOf(rows, column)]));
  return rows.map((row) =>
    columns.flatMap((column) => {
      const value = row[column];
      if (value === null || value === undefined || value === "") return [`${column} is missing`];
      const quarter = quarters.get(column);
      if (typeof value !== "number" || !quarter)
        return [`${column} = ${typeof value === "string" ? value : JSON.stringify(value)}`];
      if (value <= quarter.low) return [`${column} up to ${quarter.low}`];
      return value >= quarter.high ? [`${column} from ${quarter.high}`] : [];
    }),
  );
}

const valuesMax = 10;

function quartersOf(rows: readonly Row[], column: string): { readonly low: number; readonly high: number } | undefined {
  const values = rows.map((row) => row[column]).filter((value) => typeof value === "number");
  if (new Set(values).size <= valuesMax) return undefined;
  const sorted = Float64Array.from(values).sort();
  return { low: quantile(sorted, 0.25), high: quantile(sorted, 0.75) };
}
