/**
 * Text to the piece ids of a pretrained encoder. This file imports nothing but types: its compiled JavaScript is what an
 * exported model folder carries as `preprocessing.mjs`, so both sides run the very same code.
 */
import type { Codec } from "../codec.ts";

/** A tokenizer as plain JSON: normalize, split into words, cut each word into pieces, put marks around the ids. */
export interface Tokenizer {
  readonly normalize: readonly Normalization[];
  readonly split: readonly Splitting[];
  readonly model: Unigram | WordPiece;
  /** Ids before and after the text's own, such as BERT's [CLS] and [SEP]. */
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly padding: number;
}

export type Normalization =
  | { readonly kind: "unicode"; readonly form: "NFC" | "NFD" | "NFKC" | "NFKD" }
  | { readonly kind: "lowercase" | "stripAccents" | "clean" | "spaceChinese" }
  | { readonly kind: "strip"; readonly left: boolean; readonly right: boolean }
  | { readonly kind: "replace"; readonly pattern: string; readonly by: string }
  | { readonly kind: "prepend"; readonly text: string };

export type Splitting =
  | { readonly kind: "whitespace" | "words" | "punctuation" }
  | { readonly kind: "metaspace"; readonly mark: string; readonly prepend: boolean };

/** SentencePiece's unigram model (Kudo 2018, arXiv:1804.10959): the segmentation with the highest sum of scores. */
export interface Unigram {
  readonly type: "unigram";
  /** Piece and log probability; the index is the id. */
  readonly pieces: readonly (readonly [piece: string, score: number])[];
  readonly unknown: number;
  /** Ids that text never becomes: marks such as `<s>`. */
  readonly reserved: readonly number[];
}

/** BERT's greedy longest match from the left (Schuster and Nakajima 2012). */
export interface WordPiece {
  readonly type: "wordpiece";
  readonly pieces: readonly string[];
  readonly unknown: number;
  /** What pieces inside a word begin with. */
  readonly continuation: string;
  /** A word of more code points is unknown as a whole. */
  readonly wordMax: number;
}

/** The parameters, as `preprocessing.json` holds them. */
export interface TokenPreprocessing {
  readonly kind: "tokens";
  /** Raised when the same parameters would give other features. */
  readonly format: 1;
  readonly tokenizer: Tokenizer;
  /** Ids of a text, marks included; the rest of a longer text is not read. */
  readonly lengthMax: number;
  /** Names of the graph's inputs, int64 [batch, length] each; null where it has none. */
  readonly inputs: { readonly ids: string; readonly mask: string | null; readonly types: string | null };
}

/** Ids with their marks; an empty text without marks is one unknown piece. */
export type TokenFeatures = Int32Array<ArrayBuffer>;

/** The ids of a text, without marks; the first `most` of them at least. Make the function once: it indexes the pieces. */
export function pieceIds({ normalize, split, model }: Tokenizer): (text: string, most?: number) => number[] {
  const cut = model.type === "unigram" ? unigram(model) : wordPiece(model);
  const normalizers = normalize.map(normalizer);
  return (text, most = Infinity) => {
    let normal = text;
    for (const apply of normalizers) normal = apply(normal);
    let words = [normal];
    for (const splitting of split) words = words.flatMap((word) => splitWord(word, splitting));
    const ids: number[] = [];
    for (const word of words) {
      if (ids.length >= most) break;
      if (word !== "") for (const id of cut(word)) ids.push(id);
    }
    return ids;
  };
}

/** int64 [batch, length] of ids, of 1 for a real id and 0 for padding, and of zeros, by the names the graph uses. */
export function tokenCodec({ tokenizer, lengthMax, inputs }: TokenPreprocessing): Codec<TokenFeatures> {
  const idsOf = pieceIds(tokenizer);
  const { before, after, padding } = tokenizer;
  const room = lengthMax - before.length - after.length;
  return {
    read(text) {
      const ids = idsOf(text, room).slice(0, room);
      return ids.length + before.length + after.length === 0
        ? Int32Array.of(tokenizer.model.unknown)
        : Int32Array.of(...before, ...ids, ...after);
    },
    length: ({ length }) => length,
    feeds(batch) {
      const length = Math.max(1, ...batch.map((ids) => ids.length));
      const dims = [batch.length, length];
      const ids = new BigInt64Array(batch.length * length).fill(BigInt(padding));
      const mask = new BigInt64Array(ids.length);
      for (const [row, features] of batch.entries()) {
        for (const [i, id] of features.entries()) ids[row * length + i] = BigInt(id);
        mask.fill(1n, row * length, row * length + features.length);
      }
      return {
        [inputs.ids]: { data: ids, dims },
        ...(inputs.mask === null ? {} : { [inputs.mask]: { data: mask, dims } }),
        ...(inputs.types === null ? {} : { [inputs.types]: { data: new BigInt64Array(ids.length), dims } }),
      };
    },
  };
}

export { tokenCodec as codec };

const chinese = /[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u{20000}-\u{2ceaf}\u{2f800}-\u{2fa1f}]/gu;
const punctuation = /[!-/:-@[-`{-~\p{P}]/u;

function normalizer(step: Normalization): (text: string) => string {
  switch (step.kind) {
    case "unicode":
      return (text) => text.normalize(step.form);
    case "lowercase":
      return (text) => text.toLowerCase();
    case "stripAccents":
      return (text) => text.replace(/\p{Mn}/gu, "");
    case "clean": // control characters go, every white space is a space
      return (text) => text.replace(/[\t\n\r\p{Zs}]/gu, " ").replace(/[\0\ufffd\p{Cc}\p{Cf}\p{Co}\p{Cs}]/gu, "");
    case "spaceChinese":
      return (text) => text.replace(chinese, " $& ");
    case "strip":
      return (text) => {
        const started = step.left ? text.trimStart() : text;
        return step.right ? started.trimEnd() : started;
      };
    case "replace": {
      const pattern = new RegExp(step.pattern, "gu");
      return (text) => text.replace(pattern, () => step.by);
    }
    case "prepend":
      return (text) => (text === "" ? text : step.text + text);
  }
}

function splitWord(text: string, splitting: Splitting): string[] {
  switch (splitting.kind) {
    case "whitespace":
      return text.split(/\s+/u);
    case "words":
      return text.match(/[\p{L}\p{N}\p{M}_]+|[^\p{L}\p{N}\p{M}_\s]+/gu) ?? [];
    case "punctuation":
      return text.split(new RegExp(`(${punctuation.source})`, "u"));
    case "metaspace": {
      const { mark, prepend } = splitting;
      const marked = text.replaceAll(" ", mark);
      const whole = prepend && marked !== "" && !marked.startsWith(mark) ? mark + marked : marked;
      return whole.split(new RegExp(`(?=${mark})`, "u"));
    }
  }
}

/**
 * Viterbi over the places between code points. As in SentencePiece, a code point that is no piece by itself costs 10 more
 * than the rarest piece, of equal paths the first found stays, and neighbouring unknowns become one.
 */
function unigram({ pieces, unknown, reserved }: Unigram): (word: string) => number[] {
  const never = new Set([unknown, ...reserved]);
  /** Every piece with its id, and every beginning of a piece with -1. */
  const known = new Map<string, number>();
  let unknownScore = 0;
  for (const [id, [piece, score]] of pieces.entries()) {
    if (score < unknownScore) unknownScore = score;
    if (never.has(id)) continue;
    for (let end = 1; end < piece.length; end++) {
      const start = piece.slice(0, end);
      if (!known.has(start)) known.set(start, -1);
    }
    known.set(piece, id);
  }
  unknownScore -= 10;
  return (word) => {
    const best = new Float64Array(word.length + 1).fill(-Infinity); // score of the best path to a place
    const from = new Int32Array(word.length + 1); //                    where its last piece begins
    const last = new Int32Array(word.length + 1); //                    and its id
    best[0] = 0;
    const reach = (start: number, end: number, id: number, score: number): void => {
      const total = (best[start] ?? 0) + score;
      if (total <= (best[end] ?? 0)) return;
      best[end] = total;
      from[end] = start;
      last[end] = id;
    };
    for (let start = 0; start < word.length; start++) {
      if (best[start] === -Infinity) continue; // between the halves of a surrogate pair
      const single = start + ((word.codePointAt(start) ?? 0) > 0xffff ? 2 : 1);
      let alone = false;
      for (let end = start + 1; end <= word.length; end++) {
        const id = known.get(word.slice(start, end));
        if (id === undefined) break;
        if (id < 0) continue;
        if (end === single) alone = true;
        reach(start, end, id, pieces[id]?.[1] ?? 0);
      }
      if (!alone) reach(start, single, unknown, unknownScore);
    }
    const ids: number[] = [];
    for (let end = word.length; end > 0; end = from[end] ?? 0) {
      const id = last[end] ?? unknown;
      if (id !== unknown || ids.at(-1) !== unknown) ids.push(id);
    }
    return ids.reverse();
  };
}

function wordPiece({ pieces, unknown, continuation, wordMax }: WordPiece): (word: string) => number[] {
  const known = new Map(pieces.map((piece, id) => [piece, id]));
  let longest = 0; // no more code points make a piece
  for (const { length } of pieces) if (length > longest) longest = length;
  return (word) => {
    const points = Array.from(word);
    if (points.length > wordMax) return [unknown];
    const ids: number[] = [];
    for (let from = 0; from < points.length;) {
      let to = Math.min(points.length, from + longest);
      const prefix = from === 0 ? "" : continuation;
      while (to > from && !known.has(prefix + points.slice(from, to).join(""))) to--;
      if (to === from) return [unknown];
      ids.push(known.get(prefix + points.slice(from, to).join("")) ?? unknown);
      from = to;
    }
    return ids;
  };
}
