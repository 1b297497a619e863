import { seededRandom, shuffle } from "../../../kernel/random.ts";
import {
  type LanguagePreprocessing,
  type Tokenizer,
  type TokenizerParameters,
  learnBytePairs,
  learnCharacters,
  learnWords,
  openTokenizer,
} from "../../../models/index.ts";
import {
  type FitResult,
  type Model,
  adamW,
  exportOnnx,
  fit,
  perPosition,
  warmUpCosine,
} from "../../../tensor/index.ts";
import type { Architecture, Trained, TrainingInput } from "../architecture.ts";
import { type LanguageGraph, decoderGraph, recurrentGraph } from "./graphs.ts";
import type { DecoderLanguageModelRecipe, LanguageModelRecipe, RecurrentLanguageModelRecipe } from "./recipe.ts";
import { streamOf, trainingWindows, validationWindows, windowBatches } from "./windows.ts";

/** Embedding, LSTM, softmax. */
export const recurrentLanguageModel: Architecture<RecurrentLanguageModelRecipe> = {
  train: (input) =>
    train(input, (tokens, frequencies) => {
      const { width, units, layers, tied, dropout, training } = input.recipe;
      const graph = { tokens, frequencies, window: training.window, width, units, layers, tied, dropout };
      return { ...recurrentGraph(graph), settings: { width, units, layers, tied, dropout } };
    }),
};

/** GPT-style: byte pairs, causal Transformer. */
export const decoderLanguageModel: Architecture<DecoderLanguageModelRecipe> = {
  train: (input) =>
    train(input, (tokens, frequencies) => {
      const { width, heads, layers, dropout, training, hidden: asked } = input.recipe;
      const hidden = asked === "auto" ? 4 * width : asked;
      const graph = { tokens, frequencies, window: training.window, width, heads, layers, hidden, dropout };
      return { ...decoderGraph(graph), settings: { width, heads, layers, hidden, dropout } };
    }),
};

type MakeGraph = (
  tokens: number,
  frequencies: Float32Array,
) => LanguageGraph & { readonly settings: Readonly<Record<string, unknown>> };

async function train(input: TrainingInput<LanguageModelRecipe>, makeGraph: MakeGraph): Promise<Trained> {
  const { recipe, seed } = input;
  const texts = recipe.fire_drill === null ? input.train.inputs : input.train.inputs.map(shuffledWords(seed));
  const parameters = learnTokenizer(recipe, texts);
  const tokenizer = openTokenizer(parameters);
  const stream = streamOf(texts, tokenizer);
  const validation = streamOf(input.validation.inputs, tokenizer);
  const { model, context, states, settings } = makeGraph(tokenizer.size, frequenciesOf(stream, tokenizer.size));
  const result = await fitWindows(input, model, stream, validation, tokenizer);
  const preprocessing: LanguagePreprocessing = { kind: "language", format: 1, tokenizer: parameters, context, states };
  return {
    computation: {
      task: "language-model",
      onnx: exportOnnx(model, result.weights),
      preprocessing,
      labels: [],
    },
    settings: {
      tokenizer: { kind: parameters.kind, size: tokenizer.size },
      trainingTokens: stream.length,
      ...settings,
      training: recipe.training,
    },
    curves: result.curves,
    bestEpoch: result.bestEpoch,
    temperature: 1,
    parameters: [...result.weights.values()].reduce((sum, { data }) => sum + data.length, 0),
    description: descriptionOf(recipe, tokenizer),
    limits: [
      "It continues text in the manner of what it was trained on. It knows no facts and follows no instructions.",
      "It can repeat passages of its training text word for word.",
      context === null ? "What it read long ago fades from its state." : `It looks back on ${context} tokens at most.`,
    ],
  };
}

function learnTokenizer(
  { tokenizer: { kind, size } }: LanguageModelRecipe,
  texts: readonly string[],
): TokenizerParameters {
  if (kind === "words") return learnWords(texts, size);
  return kind === "characters" ? learnCharacters(texts, size) : learnBytePairs(texts, size);
}

/** A fire drill: a text's words in any order teach no more than how frequent they are. */
const shuffledWords =
  (seed: number) =>
  (text: string): string =>
    shuffle(text.split(" "), seededRandom(`${seed}/fire-drill`)).join(" ");

/** Of each token; one that does not occur counts a half. */
function frequenciesOf(stream: Int32Array, tokens: number): Float32Array {
  const counts = new Float32Array(tokens).fill(0.5);
  for (const id of stream) counts[id] = (counts[id] as number) + 1;
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => count / total);
}

function fitWindows(
  input: TrainingInput<LanguageModelRecipe>,
  model: Model,
  stream: Int32Array,
  validation: Int32Array,
  tokenizer: Tokenizer,
): Promise<FitResult> {
  const { seed, threads, clock, checkpoint, onProgress } = input;
  const { epochs, batch, window, rate, decay, clip, patience } = input.recipe.training;
  const options = { window, batch };
  const stepsPerEpoch = Math.ceil(stream.length / window / batch);
  const steps = stepsPerEpoch * epochs;
  return fit({
    model,
    objective: perPosition({ classes: tokenizer.size, accuracy: false }),
    optimizer: adamW({ weightDecay: decay }),
    schedule: warmUpCosine({ rate, warmUpSteps: Math.min(100, Math.ceil(steps / 10)), steps }),
    train: (epoch) => windowBatches(stream, trainingWindows(stream.length, window, seed, epoch), options),
    validation: () => windowBatches(validation, validationWindows(validation.length, window), options),
    epochs,
    stepsPerEpoch,
    seed,
    threads,
    clipNorm: clip,
    earlyStopping: { patience },
    clock,
    ...(checkpoint ? { checkpoint: { store: checkpoint } } : {}),
    ...(onProgress ? { onProgress } : {}),
  });
}

function descriptionOf(recipe: LanguageModelRecipe, { size }: Tokenizer): string {
  const unit = { words: "words", characters: "characters", "byte-pairs": "byte pairs" }[recipe.tokenizer.kind];
  const [number, what] = [size.toLocaleString("en"), `${recipe.layers} layers`];
  return recipe.architecture === "recurrent-language-model"
    ? `Writes text token by token: ${number} ${unit}, an embedding, ${what} of LSTM, softmax.`
    : `Writes text token by token: ${number} ${unit}, ${what} of a causal Transformer, softmax.`;
}
