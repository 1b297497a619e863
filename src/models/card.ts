import type { Decision, Estimate, Figure, Task } from "./model.ts";

/** What a model is, what it learned from, how good it is, where it is weak, and what it is not for. */
export interface ModelCard {
  readonly format: 1;
  readonly name: string;
  readonly task: Task;
  readonly description: string;
  readonly labels: readonly string[];
  /** Null of a model that was brought from elsewhere, as is its training. */
  readonly data: CardData | null;
  readonly training: CardTraining | null;
  /** Null when there was nothing to evaluate on. */
  readonly evaluation: CardEvaluation | null;
  readonly intendedUse: readonly string[];
  readonly limits: readonly string[];
}

export interface CardData {
  readonly dataset: string;
  readonly version: string;
  readonly number: number;
  readonly digest: string;
  readonly testDigest: string;
  readonly examples: { readonly train: number; readonly validation: number; readonly test: number };
  readonly classes: readonly {
    readonly label: string;
    readonly train: number;
    readonly validation: number;
    readonly test: number;
  }[];
}

export interface CardTraining {
  readonly recipe: string;
  /** Hyperparameters after every "auto" was settled. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly seed: number;
  readonly parameters: number;
  readonly epochs: number;
  readonly bestEpoch: number;
  /** By which logits are divided; 1 when that did not help on validation. */
  readonly temperature: number;
  /** Damage done on purpose, in words; null in a model that is meant to be used. */
  readonly fireDrill: string | null;
}

/** Of a classifier; or of a model whose figures are others, the main one first. */
export type CardEvaluation = CardClassification | CardFigures;

export interface CardFigures {
  readonly split: string;
  readonly examples: number;
  readonly figures: readonly Figure[];
  readonly baselines: readonly { readonly name: string; readonly figures: readonly Figure[] }[];
}

export interface CardClassification {
  readonly split: string;
  readonly examples: number;
  readonly accuracy: Estimate;
  readonly macroPrecision: Estimate;
  readonly macroRecall: Estimate;
  readonly macroF1: Estimate;
  readonly crossEntropy: Estimate;
  readonly calibrationError: Estimate;
  /** Of two classes. */
  readonly areaUnderCurve?: Estimate;
  /** What it would be without the temperature; where one was fitted. */
  readonly calibrationErrorBefore?: number;
  /** How often answers of each probability are right. */
  readonly reliability?: readonly {
    readonly from: number;
    readonly to: number;
    readonly examples: number;
    readonly confidence: number;
    readonly accuracy: Estimate;
  }[];
  /** Of a model that may refuse: the share that it answers, and the share of wrong answers among those. */
  readonly refusal?: Decision & { readonly coverage: Estimate; readonly error: Estimate };
  readonly classes: readonly {
    readonly label: string;
    readonly examples: number;
    readonly precision: Estimate;
    readonly recall: Estimate;
    readonly f1: Estimate;
  }[];
  /** Rows are true labels, columns answers, both in the order of `labels`. */
  readonly confusion: readonly (readonly number[])[];
  readonly baselines: readonly { readonly name: string; readonly accuracy: Estimate; readonly macroF1: Estimate }[];
  readonly slices: readonly {
    readonly name: string;
    readonly examples: number;
    readonly accuracy: Estimate;
    /** Mean probability of the answers. */
    readonly confidence?: number;
    /** Worse than the whole beyond chance. */
    readonly isWeak: boolean;
  }[];
}
