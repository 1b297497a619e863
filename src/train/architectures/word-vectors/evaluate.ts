import { seededRandom } from "../../../kernel/random.ts";
import { type Computation, type Figure, openCodec, openScorer, readWords } from "../../../models/index.ts";
import { bootstrap } from "../../bootstrap.ts";
import type { Evaluated, EvaluatorInput } from "../../evaluators.ts";
import { idsOf } from "./corpus.ts";
import { countTogether } from "./glove.ts";

/** The most frequent words are asked about, if a split holds them so often that it shows how they are used. */
const wordsMax = 2_000;
const countMin = 10;
const questions = 20_000;
/** Words on each side by which use is compared. */
const window = 2;
const seed = "assessment";

/** How alike two words are, by their rows. */
type Likeness = (a: number, b: number) => number;

/** What became of the questions about one word. */
interface Told {
  readonly word: number;
  asked: number;
  right: number;
}

/**
 * Which of two words is used more like a third? Unseen text answers by the words around them (cosine of positive pointwise
 * mutual information; Bullinaria and Levy 2007); the figure is how often the vectors answer the same, 0.5 by chance. The
 * baseline answers as unseen text does, but from the training text.
 */
export async function evaluateWordVectors({
  computation,
  threads,
  train,
  splits,
}: EvaluatorInput): Promise<Evaluated[]> {
  const words = wordsOf(computation).slice(0, wordsMax);
  const model = await cosines(computation, words.length, threads);
  const counted = likenessIn(idsOf(train.inputs.map(readWords), words), words);
  return splits.map((split): Evaluated => {
    const texts = idsOf(split.inputs.map(readWords), words);
    const truth = likenessIn(texts, words);
    const frequent = frequentIn(texts, words.length);
    const told = ask(frequent, truth, model);
    return {
      assessment: {
        metrics: { examples: split.inputs.length, figures: [figureOf(told)] },
        baselines: [{ name: "counted contexts", figures: [figureOf(ask(frequent, truth, counted))] }],
        slices: [],
      },
      scored: {
        measure: "wrong answers about a word's use",
        keys: told.map(({ word }) => words[word] ?? ""),
        losses: Float64Array.from(told, ({ asked, right }) => asked - right),
        units: Float64Array.from(told, ({ asked }) => asked),
      },
    };
  });
}

function wordsOf({ preprocessing }: Computation): readonly string[] {
  if (preprocessing.kind !== "word-vectors") throw new Error("Invariant broken: word vectors have words");
  return preprocessing.words;
}

async function cosines(computation: Computation, words: number, threads: number): Promise<Likeness> {
  const scorer = await openScorer(computation, { threads });
  const codec = openCodec(computation.preprocessing);
  try {
    const list = wordsOf(computation);
    const rows: Float32Array[] = [];
    for (let from = 0; from < words; from += rowsAtOnce) {
      const some = list.slice(from, Math.min(from + rowsAtOnce, words));
      const similarities = await scorer.score(some.map((word) => codec.read(word)));
      for (let i = 0; i < some.length; i++) rows.push(similarities.slice(i * list.length, i * list.length + words));
    }
    return (a, b) => rows[a]?.[b] ?? 0;
  } finally {
    await scorer.close();
  }
}

const rowsAtOnce = 256;

function likenessIn(texts: readonly Int32Array[], words: readonly string[]): Likeness {
  const together = countTogether({ texts, words }, window);
  const totals = new Float64Array(words.length);
  for (const [i, count] of together.counts.entries()) {
    const word = together.words[i] as number;
    totals[word] = (totals[word] as number) + count;
  }
  const total = totals.reduce((sum, count) => sum + count, 0);
  const rows = words.map(() => new Map<number, number>());
  const norms = new Float64Array(words.length);
  for (const [i, count] of together.counts.entries()) {
    const [a, b] = [together.words[i] as number, together.others[i] as number];
    const information = Math.log((count * total) / ((totals[a] as number) * (totals[b] as number)));
    if (information <= 0) continue;
    rows[a]?.set(b, information);
    norms[a] = (norms[a] as number) + information * information;
  }
  return (a, b) => {
    const [first, second] = [rows[a], rows[b]];
    if (!first || !second) return 0;
    const [few, many] = first.size < second.size ? [first, second] : [second, first];
    let dot = 0;
    for (const [word, information] of few) dot += information * (many.get(word) ?? 0);
    return dot / Math.sqrt((norms[a] as number) * (norms[b] as number) + 1e-12);
  };
}

function frequentIn(texts: readonly Int32Array[], words: number): number[] {
  const counts = new Float64Array(words);
  for (const text of texts) for (const id of text) counts[id] = (counts[id] as number) + 1;
  return [...counts.keys()].filter((id) => (counts[id] as number) >= countMin);
}

/** The same questions for whoever answers them. */
function ask(frequent: readonly number[], truth: Likeness, answer: Likeness): Told[] {
  if (frequent.length < 3) return [];
  const random = seededRandom(seed);
  const told = frequent.map((word): Told => ({ word, asked: 0, right: 0 }));
  for (let i = 0; i < questions; i++) {
    const about = told[random.below(told.length)];
    const [b, c] = [frequent[random.below(frequent.length)] ?? 0, frequent[random.below(frequent.length)] ?? 0];
    if (!about || b === c || b === about.word || c === about.word) continue;
    const difference = truth(about.word, b) - truth(about.word, c);
    if (difference === 0) continue;
    const answered = answer(about.word, b) - answer(about.word, c);
    about.asked++;
    about.right += answered === 0 ? 0.5 : answered > 0 === difference > 0 ? 1 : 0;
  }
  return told.filter(({ asked }) => asked > 0);
}

/** With a bootstrap interval over the words that are asked about. */
function figureOf(told: readonly Told[]): Figure {
  const measure = (draws: Uint16Array): Float64Array => {
    let [asked, right] = [0, 0];
    for (const [i, word] of told.entries()) {
      asked += (draws[i] as number) * word.asked;
      right += (draws[i] as number) * word.right;
    }
    return Float64Array.of(asked === 0 ? 0.5 : right / asked);
  };
  const [estimate] = bootstrap(told.length, measure, { seed });
  if (!estimate) throw new Error("Invariant broken: one figure has one estimate");
  return { name: "agrees on use", estimate, better: "higher" };
}
