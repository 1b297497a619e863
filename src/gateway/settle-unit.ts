import { type SettleInput, type Settlement, settleMany } from "../sell/index.ts";
import { type Prediction, recordPrediction, recordPredictions } from "../serve/index.ts";
import { type Steps, unit } from "../store/index.ts";

/*
 * Units: this file is loaded in the store's writer thread, so it imports nothing heavy.
 */

export interface PredictionAndUsage {
  readonly prediction: Prediction;
  readonly usage: SettleInput;
}

/** The moment predictions become facts: they, their usage events and their postings, or none of them. */
export const settlePredictions = unit(
  import.meta.url,
  "settlePredictions",
  function* (many: readonly PredictionAndUsage[]): Steps<Settlement[]> {
    yield* recordPredictions(many.map(({ prediction }) => prediction));
    return yield* settleMany(many.map(({ usage }) => usage));
  },
);

/** A shadow's prediction: marked, and without usage. */
export const recordShadow = unit(import.meta.url, "recordShadow", recordPrediction);
