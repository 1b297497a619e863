import { type Computation, type Figure, type Tokenizer, openLanguageModel, openTokenizer } from "../../models/index.ts";
import { bootstrap } from "../bootstrap.ts";
import type { Evaluated, EvaluatorInput } from "../evaluators.ts";
import type { WorkExamples } from "../work-folder.ts";
import { kneserNeyTrigrams } from "./kneser-ney.ts";
import { type Told, learnSpelling, perplexities, tell } from "./spelling.ts";

/**
 * Perplexities on whole texts. The baseline is a Kneser-Ney trigram model of the same tokens, learned from the same
 * training texts.
 */
export async function evaluateLanguageModel(input: EvaluatorInput): Promise<Evaluated[]> {
  const { computation, threads, train, splits } = input;
  const tokenizer = tokenizerOf(computation);
  const spelling = learnSpelling(tokenizer, train.inputs);
  const trigrams = kneserNeyTrigrams(
    train.inputs.map((text) => tokenizer.encode(text)),
    tokenizer.size,
  );
  const model = await openLanguageModel(computation, { threads });
  try {
    const evaluated: Evaluated[] = [];
    for (const split of splits) {
      const told: Told[] = [];
      for (const text of split.inputs) told.push(tell(text, await model.score(text), spelling));
      const baseline = split.inputs.map((text) => tell(text, trigrams.score(tokenizer.encode(text)), spelling));
      evaluated.push(evaluatedOf(split, told, baseline));
    }
    return evaluated;
  } finally {
    await model.close();
  }
}

function tokenizerOf({ preprocessing }: Computation): Tokenizer {
  if (preprocessing.kind !== "language") throw new Error("Invariant broken: a language model has a tokenizer");
  return openTokenizer(preprocessing.tokenizer);
}

function evaluatedOf(split: WorkExamples, told: readonly Told[], baseline: readonly Told[]): Evaluated {
  return {
    assessment: {
      metrics: { examples: told.length, figures: figuresOf(told) },
      baselines: [{ name: "Kneser-Ney trigrams", figures: figuresOf(baseline) }],
      slices: [],
    },
    scored: {
      measure: "nats per word",
      keys: split.keys,
      losses: Float64Array.from(told, ({ nats }) => nats),
      units: Float64Array.from(told, ({ words }) => words),
    },
  };
}

/** With bootstrap intervals over texts: words of one text are not independent of one another. */
function figuresOf(told: readonly Told[]): Figure[] {
  const measure = (draw: Uint16Array): Float64Array => {
    const { perWord, perWordUnspelled, bitsPerCharacter } = perplexities(told, draw);
    return Float64Array.of(perWord, bitsPerCharacter, perWordUnspelled);
  };
  const names = ["perplexity per word", "bits per character", "perplexity per word, unknown words untold"];
  const spelled = told.some(({ spelling }) => spelling > 0);
  return bootstrap(told.length, measure, { seed: "assessment" })
    .map((estimate, i): Figure => ({ name: names[i] ?? "", estimate, better: "lower" }))
    .slice(0, spelled ? 3 : 2); // without unknown words the third is the first
}
