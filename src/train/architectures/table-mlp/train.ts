import { must } from "../../../kernel/errors.ts";
import {
  type Computation,
  type RowFeatures,
  type TablePreprocessing,
  numberWidth,
  rowFeeds,
  tableCodec,
} from "../../../models/index.ts";
import {
  type Batch,
  type Model,
  type Objective,
  adamW,
  defineModel,
  exportOnnx,
  fit,
  orderedBatches,
  shuffledBatches,
  warmUpCosine,
} from "../../../tensor/index.ts";
import { type WorkExamples, labelIndices } from "../../work-folder.ts";
import type { Architecture, Trained, TrainingInput } from "../architecture.ts";
import { calibrate } from "../calibrate.ts";
import { learnColumns } from "./learn-columns.ts";
import { type NetworkSettings, tableNetwork } from "./network.ts";
import { memberClassification, memberRegression } from "./objectives.ts";
import type { TableMlpRecipe } from "./recipe.ts";

type Input = TrainingInput<TableMlpRecipe>;

/** Columns as numbers and embeddings, a linear part and small perceptrons beside it. */
export const tableMlp: Architecture<TableMlpRecipe> = {
  train,
  space: [
    { path: "training.rate", draw: "log", from: 0.001, to: 0.02 },
    { path: "training.decay", draw: "one of", values: [0.1, 0.3, 1, 2] },
    { path: "training.epochs", draw: "one of", values: [8, 15, 30] },
    { path: "columns.intervals", draw: "one of", values: [0, 6, 12] },
    { path: "units", draw: "one of", values: [8, 16, 32, 64] },
    { path: "layers", draw: "one of", values: [1, 2] },
    { path: "width", draw: "one of", values: [2, 4, 8] },
    { path: "dropout", draw: "one of", values: [0, 0.2, 0.5] },
  ],
};

interface Settings extends NetworkSettings {
  readonly epochs: number;
  readonly batch: number;
  readonly rate: number;
  readonly decay: number;
  readonly smoothing: number;
}

/** Of classes about this many steps suffice, of a number; measured on applicants and on made-up rents. */
const stepsAimed = { "table-classification": 350, "table-regression": 1_000 } as const;

/** What "auto" comes to, by the task and the number of training rows. */
function settle(recipe: TableMlpRecipe, rows: number): Settings {
  const { task, members, width, dropout, units, layers, training } = recipe;
  const isLarge = rows >= 5_000;
  const batch =
    training.batch === "auto" ? Math.min(256, Math.max(32, 2 ** Math.round(Math.log2(rows / 100)))) : training.batch;
  const epochs = Math.min(100, Math.max(15, Math.round(stepsAimed[task] / Math.ceil(rows / batch))));
  return {
    members,
    width,
    dropout,
    units: units === "auto" ? (isLarge ? 64 : 16) : units,
    layers: layers === "auto" ? (isLarge ? 2 : 1) : layers,
    epochs: training.epochs === "auto" ? epochs : training.epochs,
    batch,
    rate: training.rate,
    decay: training.decay === "auto" ? (task === "table-regression" ? 0.1 : 1) : training.decay,
    smoothing: training.smoothing,
  };
}

/** With fewer validation rows the best of several epochs is the luckiest: then the last one is taken. */
const validationRowsMin = 500;

async function train(input: Input): Promise<Trained> {
  const { recipe } = input;
  const preprocessing = learnColumns(input.train.inputs, recipe.columns);
  const settings = settle(recipe, input.train.inputs.length);
  const plan =
    recipe.task === "table-classification"
      ? classify(input, preprocessing, settings)
      : estimate(input, preprocessing, settings);
  const codec = tableCodec(preprocessing);
  const [rows, held] = [input.train, input.validation].map(({ inputs }) => inputs.map((row) => codec.read(row)));
  const features = { train: must(rows, "rows"), validation: must(held, "rows") };
  const batches = function* (part: "train" | "validation", order: Iterable<Int32Array>): Generator<Batch> {
    for (const indices of order) {
      const chosen = Array.from(indices, (i) => must(features[part][i], "an index is of a row"));
      yield { size: indices.length, values: { ...valuesOf(chosen, preprocessing), ...plan.targets[part](indices) } };
    }
  };
  const { seed, threads, clock, checkpoint, onProgress } = input;
  const stepsPerEpoch = Math.ceil(features.train.length / settings.batch);
  const steps = stepsPerEpoch * settings.epochs;
  const isChosen = features.validation.length >= validationRowsMin;
  const result = await fit({
    model: plan.model(1),
    objective: plan.objective,
    optimizer: adamW({ weightDecay: settings.decay }),
    schedule: warmUpCosine({ rate: settings.rate, warmUpSteps: Math.min(20, Math.ceil(steps / 10)), steps }),
    train: (epoch) => batches("train", shuffledBatches(features.train.length, settings.batch, seed, epoch)),
    ...(isChosen ? { validation: () => batches("validation", orderedBatches(features.validation.length, 256)) } : {}),
    best: { metric: "togetherLoss", goal: "lowest" },
    epochs: settings.epochs,
    stepsPerEpoch,
    seed,
    threads,
    clock,
    ...(checkpoint ? { checkpoint: { store: checkpoint } } : {}),
    ...(onProgress ? { onProgress } : {}),
  });
  const exported = (temperature: number): Computation => ({
    task: recipe.task,
    onnx: exportOnnx(plan.model(temperature), result.weights, { outputs: [plan.output] }),
    preprocessing,
    labels: recipe.task === "table-classification" ? input.labels : [],
  });
  const isCalibrated = recipe.calibrate && recipe.task === "table-classification";
  const temperature = isCalibrated
    ? await calibrate(exported(1), features.validation, labelIndices(input.validation, input.labels))
    : 1;
  return {
    computation: exported(temperature),
    settings: { ...settings, numbers: preprocessing.numbers.length, categories: preprocessing.categories.length },
    curves: result.curves,
    bestEpoch: result.bestEpoch,
    temperature,
    parameters: [...result.weights.values()].reduce((sum, { data }) => sum + data.length, 0),
    description: describe(recipe, preprocessing, settings),
    limits: [
      "A value of a category that training hardly saw is read as unknown, a number beyond what training saw as the outermost.",
      "What it finds between columns and labels need not be a cause.",
    ],
  };
}

function valuesOf(
  rows: readonly RowFeatures[],
  preprocessing: TablePreprocessing,
): Record<string, Float32Array | Int32Array> {
  const feeds = rowFeeds(rows, numberWidth(preprocessing), preprocessing.categories.length);
  return Object.fromEntries(Object.entries(feeds).map(([name, { data }]) => [name, data as Float32Array | Int32Array]));
}

/** What differs between naming a class and estimating a number. */
interface Plan {
  readonly output: "probabilities" | "values";
  readonly objective: Objective;
  readonly model: (temperature: number) => Model;
  readonly targets: { readonly [P in "train" | "validation"]: (indices: Int32Array) => Batch["values"] };
}

function classify({ labels, train, validation }: Input, preprocessing: TablePreprocessing, settings: Settings): Plan {
  const classes = labels.length;
  const targetsOf = (part: WorkExamples): Plan["targets"]["train"] => {
    const all = labelIndices(part, labels);
    return (indices) => ({ labels: indices.map((i) => all[i] as number) });
  };
  return {
    output: "probabilities",
    objective: memberClassification(classes, settings.smoothing),
    targets: { train: targetsOf(train), validation: targetsOf(validation) },
    model: (temperature) =>
      defineModel("table-mlp", (scope) => {
        const members = tableNetwork(scope, preprocessing, settings, classes); // [members, batch, classes]
        const logits = members.softmax().mean([0]).maximum(1e-12).log(); // what the members say together
        return { members, logits, probabilities: logits.mul(1 / temperature).softmax() };
      }),
  };
}

/** Numbers are learned standardized; the exported graph gives them back as they were. */
function estimate({ train, validation }: Input, preprocessing: TablePreprocessing, settings: Settings): Plan {
  const numbers = Float64Array.from(train.labels, Number);
  const mean = numbers.reduce((sum, y) => sum + y, 0) / numbers.length;
  const deviation = Math.sqrt(numbers.reduce((sum, y) => sum + (y - mean) ** 2, 0) / numbers.length) || 1;
  const targetsOf = (part: WorkExamples): Plan["targets"]["train"] => {
    const all = Float32Array.from(part.labels, (label) => (Number(label) - mean) / deviation);
    return (indices) => ({ targets: Float32Array.from(indices, (i) => all[i] as number) });
  };
  return {
    output: "values",
    objective: memberRegression(),
    targets: { train: targetsOf(train), validation: targetsOf(validation) },
    model: () =>
      defineModel("table-mlp", (scope) => {
        const members = tableNetwork(scope, preprocessing, settings, 1); // [members, batch, 1]
        const together = members.mean([0]);
        return { members, together, values: together.mul(deviation).add(mean) };
      }),
  };
}

function describe({ task }: TableMlpRecipe, { numbers, categories }: TablePreprocessing, settings: Settings): string {
  const aim = task === "table-classification" ? "then softmax" : "to one number";
  const columns = `${numbers.length} columns of numbers, cut at their quantiles, and ${categories.length} embedded categories`;
  return `${columns}, through a linear part and ${settings.members} small perceptrons whose answers are averaged, ${aim}.`;
}
