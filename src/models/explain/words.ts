import type { Part, Variant } from "./explanation.ts";

export interface Word {
  /** As it first stands. */
  readonly text: string;
  readonly places: readonly (readonly [number, number])[];
}

export type Words = readonly Word[];

/** The different words of a text in the order of their first place; upper and lower case are one word. */
export function wordsOf(text: string): Words {
  const segmenter = new Intl.Segmenter(undefined, { granularity: "word" });
  const found = new Map<string, { text: string; places: [number, number][] }>();
  for (const { segment, index, isWordLike } of segmenter.segment(text)) {
    if (isWordLike !== true) continue;
    const key = segment.toLowerCase();
    const known = found.get(key);
    if (known) known.places.push([index, index + segment.length]);
    else found.set(key, { text: segment, places: [[index, index + segment.length]] });
  }
  return [...found.values()];
}

/** The text without each of the words, wherever they stand. */
export function withoutWords(text: string, words: Words): Variant[] {
  return words.map((word) => ({ part: partOf(word), without: cutOut(text, word.places) }));
}

/** The text without each of `count` stretches of it, with the words that stand in them. */
export function spansOf(
  text: string,
  words: Words,
  count: number,
): { readonly variant: Variant; readonly words: Words }[] {
  const places = words
    .flatMap((word) => word.places.map((place) => ({ word, place })))
    .toSorted((a, b) => a.place[0] - b.place[0]);
  const size = Math.ceil(places.length / count);
  return Array.from({ length: Math.ceil(places.length / size) }, (_, i) => {
    const within = places.slice(i * size, (i + 1) * size);
    const from = within[0]?.place[0] ?? 0;
    const to = within.at(-1)?.place[1] ?? from;
    const inside = [...new Set(within.map(({ word }) => word))];
    const part: Part = { kind: "word", text: text.slice(from, to), places: [[from, to]] };
    return { variant: { part, without: cutOut(text, [[from, to]]) }, words: inside };
  });
}

const partOf = ({ text, places }: Word): Part => ({ kind: "word", text, places });

/** Scripts that are written without spaces close up; elsewhere what stood left and right stays apart. */
const spaceless = /[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]/;

function cutOut(text: string, places: readonly (readonly [number, number])[]): string {
  let out = "";
  let at = 0;
  for (const [from, to] of places) {
    out += text.slice(at, from);
    if (!spaceless.test(text.charAt(from))) out += " ";
    at = to;
  }
  return out + text.slice(at);
}
