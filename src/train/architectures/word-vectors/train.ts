import { Refusal } from "../../../kernel/errors.ts";
import { seededRandom, shuffle } from "../../../kernel/random.ts";
import type { WordVectorPreprocessing } from "../../../models/index.ts";
import { type EpochCurve, defineModel, exportOnnx } from "../../../tensor/index.ts";
import type { Architecture, Trained, TrainingInput } from "../architecture.ts";
import { readCorpus } from "./corpus.ts";
import { glove } from "./glove.ts";
import type { WordVectorsRecipe } from "./recipe.ts";
import { word2vec } from "./word2vec.ts";

/** A vector for each word, from the words that stand near it. */
export const wordVectors: Architecture<WordVectorsRecipe> = { train };

/** Epochs and rates of the programs that their authors published, with more epochs, as small texts need them. */
const defaults = {
  "skip-gram": { epochs: 15, rate: 0.025 },
  cbow: { epochs: 15, rate: 0.05 },
  glove: { epochs: 25, rate: 0.05 },
} as const;

/** Of GloVe, in a corpus of billions of words its authors take 100. */
const countMax = 10;

async function train({
  recipe,
  train: examples,
  seed,
  onProgress,
}: TrainingInput<WordVectorsRecipe>): Promise<Trained> {
  const { method, width, window, count_min: countMin, words_max: wordsMax, negatives, subsample } = recipe;
  const [epochs, rate] = [
    recipe.epochs === "auto" ? defaults[method].epochs : recipe.epochs,
    recipe.rate === "auto" ? defaults[method].rate : recipe.rate,
  ];
  const corpus = readCorpus(examples.inputs, { countMin, wordsMax });
  if (corpus.words.length < wordsMin) {
    throw new Refusal("invalid_data", `Only ${corpus.words.length} words occur ${countMin} times or more.`, {
      param: "recipe.count_min",
      hint: "Import more text, or lower count_min.",
    });
  }
  if (recipe.fire_drill !== null) for (const text of corpus.texts) shuffle(text, seededRandom(`${seed}/fire-drill`));
  const curves: EpochCurve[] = [];
  const onEpoch = (epoch: number, loss: number): void => {
    curves.push({ epoch, train: { loss }, learningRate: rate });
    onProgress?.({ epoch, epochs, step: epoch, steps: epochs, loss, curves });
  };
  const common = { width, window, epochs, rate, seed, onEpoch };
  const vectors =
    method === "glove"
      ? glove(corpus, { ...common, countMax })
      : word2vec(corpus, { ...common, method, negatives, subsample });
  const preprocessing: WordVectorPreprocessing = { kind: "word-vectors", format: 1, words: corpus.words };
  const ofMethod = method === "glove" ? { countMax } : { negatives, subsample };
  return {
    computation: { task: "word-vectors", onnx: exportVectors(vectors, width), preprocessing, labels: [] },
    settings: { method, width, window, countMin, words: corpus.words.length, epochs, rate, ...ofMethod },
    curves,
    bestEpoch: epochs,
    temperature: 1,
    parameters: vectors.length,
    description: `A vector of ${width} numbers for each of ${corpus.words.length.toLocaleString("en")} words, learned by ${method} from the words around it.`,
    limits: [
      "A word has one vector, whatever it means in a place.",
      "Words are near that are used alike: opposites too.",
      "It has the prejudices of the text it was learned from.",
    ],
  };
}

const wordsMin = 10;

/**
 * Input `ids` int64 and `weights` float32 [batch, length]; output `similarities` [batch, words]: the cosine of the
 * weighted sum of unit vectors with each word's. The parameter `vectors` holds unit vectors.
 */
function exportVectors(vectors: Float32Array, width: number): Uint8Array {
  const rows = vectors.length / width;
  const model = defineModel("word vectors", (scope) => {
    const table = scope.table("vectors", { rows, width });
    const ids = scope.input("ids", ["batch", "length"], { type: "int64" });
    const weights = scope.input("weights", ["batch", "length"]);
    const sums = weights.reshape(["batch", 1, "length"]).matmul(table.gatherRows(ids)).reshape(["batch", width]);
    const unit = sums.div(sums.square().sum([1], true).sqrt().add(1e-9)); // [batch, width]
    return { similarities: unit.matmul(table, { transposeY: true }) }; //    [batch, words]
  });
  return exportOnnx(model, new Map([["vectors", { shape: [rows, width], data: unitRows(vectors, width) }]]));
}

export function unitRows(vectors: Float32Array, width: number): Float32Array<ArrayBuffer> {
  const unit = Float32Array.from(vectors);
  for (let row = 0; row < unit.length; row += width) {
    let squares = 0;
    for (let k = 0; k < width; k++) squares += (unit[row + k] as number) ** 2;
    const scale = 1 / Math.sqrt(squares + 1e-12);
    for (let k = 0; k < width; k++) unit[row + k] = (unit[row + k] as number) * scale;
  }
  return unit;
}
