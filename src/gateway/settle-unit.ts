import { type SettleInput, type Settlement, settleUsage } from "../sell/index.ts";
import { type Prediction, recordPrediction } from "../serve/index.ts";
import { type Steps, unit } from "../store/index.ts";

/*
 * Units: this file is loaded in the store's writer thread, so it imports nothing heavy.
 */

export interface PredictionAndUsage {
  readonly prediction: Prediction;
  readonly usage: SettleInput;
}

/** The moment a prediction becomes a fact: it, its usage event and its postings, or none of them. */
export const settlePrediction = unit(
  import.meta.url,
  "settlePrediction",
  function* ({ prediction, usage }: PredictionAndUsage): Steps<Settlement> {
    yield* recordPrediction(prediction);
    return yield* settleUsage(usage);
  },
);

/** A shadow's prediction: marked, and without usage. */
export const recordShadow = unit(import.meta.url, "recordShadow", recordPrediction);
