import type { Evaluation } from "../../api/schema.gen.ts";

/** A figure with its 95 % interval. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export interface ClassifierMetrics {
  readonly examples: number;
  readonly accuracy: Estimate;
  readonly macroF1: Estimate;
  readonly crossEntropy: Estimate;
  readonly calibrationError: Estimate;
  readonly areaUnderCurve?: Estimate;
  readonly classes: readonly {
    readonly label: string;
    readonly examples: number;
    readonly precision: Estimate;
    readonly recall: Estimate;
    readonly f1: Estimate;
  }[];
  readonly confusion: readonly (readonly number[])[];
  readonly reliability?: readonly {
    readonly from: number;
    readonly to: number;
    readonly examples: number;
    readonly confidence: number;
    readonly accuracy: Estimate;
  }[];
}

export interface FigureMetrics {
  readonly examples: number;
  readonly figures: readonly { readonly name: string; readonly estimate: Estimate; readonly better: string }[];
}

export interface Slice {
  readonly name: string;
  readonly examples: number;
  readonly accuracy: Estimate;
  readonly confidence?: number;
  readonly isWeak: boolean;
}

/** The figures of a classifier; undefined of a model that is measured otherwise. */
export function classifierMetrics({ metrics }: Evaluation): ClassifierMetrics | undefined {
  return "accuracy" in metrics ? (metrics as unknown as ClassifierMetrics) : undefined;
}

export const figureMetrics = ({ metrics }: Evaluation): FigureMetrics => metrics as unknown as FigureMetrics;

export const slicesOf = ({ slices }: Evaluation): readonly Slice[] => slices as unknown as readonly Slice[];

export interface Baseline {
  readonly name: string;
  readonly accuracy?: Estimate;
  readonly figures?: FigureMetrics["figures"];
}

export const baselinesOf = ({ baselines }: Evaluation): readonly Baseline[] =>
  baselines as unknown as readonly Baseline[];
