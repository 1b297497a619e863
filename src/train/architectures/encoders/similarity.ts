import { type OpenEncoder, type TokenFeatures, encode, encoderWeights } from "../../../models/index.ts";
import { type Model, type Weights, defineModel, exportOnnx } from "../../../tensor/index.ts";
import type { Trained, TrainingInput } from "../architecture.ts";
import { calibrate } from "../calibrate.ts";
import type { Prepared } from "../fit-classifier.ts";
import type { Vectors } from "./vectors.ts";

/** Vectors of norm 1 that speak for a class. */
export interface Known {
  readonly vector: Float32Array;
  readonly label: number;
}

/**
 * Each known vector votes for its class with e^(sharpness · (cosine - 1)); a class's votes are averaged. The sharper, the
 * more the nearest alone decides.
 */
const sharpnesses = [5, 10, 20, 40, 80];

/** The sharpness with the most right answers on validation, of equal ones the smallest. */
export function chooseSharpness(
  known: readonly Known[],
  validation: Prepared<TokenFeatures>,
  vectors: Vectors,
): number {
  const right = sharpnesses.map(() => 0);
  for (const [i, text] of validation.features.entries()) {
    const vector = vectors.get(text) ?? new Float32Array();
    const cosines = known.map((one) => dot(one.vector, vector));
    for (const [k, sharpness] of sharpnesses.entries()) {
      if (nearestClass(known, cosines, sharpness) === validation.labels[i]) right[k] = (right[k] ?? 0) + 1;
    }
  }
  return sharpnesses[right.indexOf(Math.max(...right))] ?? 20;
}

function nearestClass(known: readonly Known[], cosines: readonly number[], sharpness: number): number {
  const sums = new Map<number, { votes: number; count: number }>();
  for (const [i, { label }] of known.entries()) {
    const sum = sums.get(label) ?? { votes: 0, count: 0 };
    sum.votes += Math.exp(sharpness * ((cosines[i] ?? 0) - 1));
    sum.count++;
    sums.set(label, sum);
  }
  let [best, highest] = [-1, Number.NEGATIVE_INFINITY];
  for (const [label, { votes, count }] of sums) {
    if (votes / count <= highest) continue;
    highest = votes / count;
    best = label;
  }
  return best;
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

/** One ordinary file from a text's pieces to probabilities: encoder, cosines with the known vectors, votes. */
function similarityModel(
  encoder: OpenEncoder,
  known: readonly Known[],
  classes: number,
  sharpness: number,
  temperature: number,
): Model {
  const { width } = encoder.facts;
  return defineModel("text-similarity", (scope) => {
    const x = encode(scope, encoder, { train: "none" }); //                                        [batch, width]
    const cosines = x.matmul(scope.parameter("known", [known.length, width]), { transposeY: true }); // [batch, known]
    const votes = cosines
      .sub(1)
      .mul(sharpness)
      .exp()
      .matmul(scope.parameter("shares", [known.length, classes]));
    const logits = votes.add(1e-30).log(); //                                                      [batch, classes]
    return { probabilities: logits.mul(1 / temperature).softmax() };
  });
}

function knownWeights(known: readonly Known[], width: number, classes: number): Weights {
  const counts = Array.from({ length: classes }, (_, k) => known.filter(({ label }) => label === k).length);
  const vectors = new Float32Array(known.length * width);
  const shares = new Float32Array(known.length * classes);
  for (const [i, { vector, label }] of known.entries()) {
    vectors.set(vector, i * width);
    shares[i * classes + label] = 1 / (counts[label] ?? 1);
  }
  return new Map([
    ["known", { shape: [known.length, width], data: vectors }],
    ["shares", { shape: [known.length, classes], data: shares }],
  ]);
}

type Outcome = Pick<Trained, "computation" | "curves" | "bestEpoch" | "temperature" | "parameters">;

/** Nothing is trained; the temperature is fitted on validation where the recipe asks for it. */
export async function similarityComputation(
  { recipe, labels }: TrainingInput<{ readonly calibrate: boolean }>,
  encoder: OpenEncoder,
  known: readonly Known[],
  sharpness: number,
  validation: Prepared<TokenFeatures>,
): Promise<Outcome> {
  const { preprocessing, facts } = encoder;
  const weights = new Map([...encoderWeights(encoder), ...knownWeights(known, facts.width, labels.length)]);
  const computation = (temperature: number): Trained["computation"] => {
    const onnx = exportOnnx(similarityModel(encoder, known, labels.length, sharpness, temperature), weights);
    return { task: "text-classification", onnx, preprocessing, labels };
  };
  const temperature = recipe.calibrate ? await calibrate(computation(1), validation.features, validation.labels) : 1;
  const parameters = [...weights.values()].reduce((sum, { data }) => sum + data.length, 0);
  return { computation: computation(temperature), curves: [], bestEpoch: 0, temperature, parameters };
}
