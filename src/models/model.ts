import type { Sha256 } from "../kernel/hash.ts";
import type { Id } from "../kernel/ids.ts";
import type { ModelCard } from "./card.ts";
import type { Preprocessing } from "./preprocessing.ts";

/** What a model does: what it takes, what it answers, and how it is evaluated. */
export type Task =
  | "text-classification"
  | "table-classification"
  | "image-classification"
  | "table-regression"
  | "language-model"
  | "word-vectors"
  | "text-embedding";

/** What is trained and evaluated. A vector has no right answer: what it is worth shows in what is built on it. */
export type JudgedTask = Exclude<Task, "text-embedding">;

/** Whether its answers are labels with probabilities. */
export function isClassifier(task: Task): boolean {
  return task.endsWith("-classification");
}

/** When a classifier says that it does not know: "none of these". */
export interface Decision {
  /** An answer with a lower probability is refused. */
  readonly threshold: number;
  /** The share of wrong answers among those it does not refuse that was asked for. */
  readonly risk: number;
}

/** What a model is asked about. */
export type InputKind = "text" | "row" | "image";

export function inputKindOf(task: Task): InputKind {
  if (task.startsWith("table-")) return "row";
  return task.startsWith("image-") ? "image" : "text";
}

/** Everything an answer needs. */
export interface ModelBundle {
  readonly task: Task;
  /** Inputs as the preprocessing's codec feeds them; a classifier has the output `probabilities` [batch, classes]. */
  readonly onnx: Uint8Array;
  readonly preprocessing: Preprocessing;
  /** Of a classifier; else none. */
  readonly labels: readonly string[];
  /** Of a classifier that may refuse. */
  readonly decision?: Decision;
  readonly card: ModelCard;
}

/** What an answer is computed from; the card is about it. */
export type Computation = Omit<ModelBundle, "card">;

/** Digests of the blobs. */
export interface ModelFiles {
  readonly onnx: Sha256;
  readonly preprocessing: Sha256;
  readonly labels: Sha256;
  /** Of a classifier that may refuse. */
  readonly decision?: Sha256;
  readonly card: Sha256;
}

/** Where a model comes from; all null for one that was brought from elsewhere. */
export interface Lineage {
  readonly run: Id<"run"> | null;
  readonly datasetVersion: Id<"datasetVersion"> | null;
  /** SHA-256 of the recipe's canonical JSON. */
  readonly recipe: Sha256 | null;
  readonly parent: Id<"model"> | null;
}

/** A figure with its 95 % interval. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** A named figure of a model that does not answer with labels: an error, a perplexity. */
export interface Figure {
  readonly name: string;
  readonly estimate: Estimate;
  readonly better: "lower" | "higher";
}

/** The figures of one evaluation by which models are told apart in a list; of a classifier, or the main one first. */
export type ModelSummary = ClassificationSummary | FigureSummary;

export interface FigureSummary {
  readonly split: string;
  readonly examples: number;
  readonly figures: readonly Figure[];
}

export interface ClassificationSummary {
  readonly split: string;
  readonly examples: number;
  readonly accuracy: Estimate;
  readonly macroF1: Estimate;
  readonly crossEntropy: Estimate;
  readonly calibrationError: Estimate;
  /** Of two classes. */
  readonly areaUnderCurve?: Estimate;
}

export interface Model {
  readonly id: Id<"model">;
  readonly name: string;
  readonly task: Task;
  readonly labels: readonly string[];
  /** SHA-256 over ONNX, preprocessing, labels and decision: models with equal digests answer equally. */
  readonly digest: Sha256;
  readonly files: ModelFiles;
  readonly onnxBytes: number;
  readonly lineage: Lineage;
  /** On the frozen test split; null for a model that was never evaluated. */
  readonly summary: ModelSummary | null;
  readonly createdAtMs: number;
}
