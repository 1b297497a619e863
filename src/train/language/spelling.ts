import { type Tokenizer, learnCharacters, openTokenizer, segments } from "../../models/index.ts";
import { kneserNeyTrigrams } from "./kneser-ney.ts";

/** What it costs to spell the pieces that a vocabulary lacks. */
export interface Spelling {
  /** -ln p of the unknown pieces of the text. */
  nats(text: string): number;
}

const codePoints = 0x110000;

/**
 * A vocabulary with unknown words tells less of a text than one without: two models are comparable only when both tell
 * all of it. So an unknown piece is spelled with a character trigram model of the pieces that were unknown in training,
 * each once: they are rare words, as unknown ones are. A character never seen there is any code point.
 */
export function learnSpelling(tokenizer: Tokenizer, texts: Iterable<string>): Spelling {
  if (tokenizer.unknown === null) return { nats: () => 0 };
  const pieces = new Set<string>();
  for (const text of texts) for (const piece of tokenizer.unknowns(text)) pieces.add(piece);
  const alphabet = openTokenizer(learnCharacters(pieces, codePoints));
  const trigrams = kneserNeyTrigrams(
    [...pieces].sort().map((piece) => alphabet.encode(piece)),
    alphabet.size,
  );
  const natsOf = (piece: string): number =>
    alphabet.unknowns(piece).length * Math.log(codePoints) - sum(trigrams.score(alphabet.encode(piece)));
  return { nats: (text) => tokenizer.unknowns(text).reduce((total, piece) => total + natsOf(piece), 0) };
}

/** A text told by a model, in units that do not depend on its tokens. */
export interface Told {
  /** -ln p of the whole text and its end, unknown pieces spelled. */
  readonly nats: number;
  /** The part of it that went into spelling. */
  readonly spelling: number;
  /** Segments and the end. */
  readonly words: number;
  /** Code points and the end. */
  readonly characters: number;
  readonly tokens: number;
}

/** `scores`: ln p of each of the text's tokens and of its end. */
export function tell(text: string, scores: ArrayLike<number>, spelling: Spelling): Told {
  const spelled = spelling.nats(text);
  return {
    nats: spelled - sum(scores),
    spelling: spelled,
    words: segments(text).length + 1,
    characters: Array.from(text).length + 1,
    tokens: scores.length,
  };
}

/** Of many texts told by one model; nats are added up before anything is divided. */
export interface Perplexities {
  /** exp(nats / words): the same unit for every tokenizer. */
  readonly perWord: number;
  /** exp((nats - spelling) / words): an unknown word is told as just that. Comparable under one vocabulary only. */
  readonly perWordUnspelled: number;
  /** nats / ln 2 / characters. */
  readonly bitsPerCharacter: number;
}

/** `draw` says how often each text counts; without it, once. */
export function perplexities(told: readonly Told[], draw?: ArrayLike<number>): Perplexities {
  const total = (key: keyof Told): number =>
    told.reduce((all, text, i) => all + text[key] * (draw ? (draw[i] ?? 0) : 1), 0);
  const [nats, words] = [total("nats"), total("words")];
  return {
    perWord: Math.exp(nats / words),
    perWordUnspelled: Math.exp((nats - total("spelling")) / words),
    bitsPerCharacter: nats / Math.LN2 / total("characters"),
  };
}

function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i] ?? 0;
  return total;
}
