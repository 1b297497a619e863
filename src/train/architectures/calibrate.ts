import { invariant } from "../../kernel/errors.ts";
import { type Computation, type Features, openScorer } from "../../models/index.ts";
import { fitTemperature } from "../temperature.ts";

/**
 * The temperature that makes a classifier's probabilities right on validation examples. `labels` are indices; the
 * computation is the one exported with temperature 1.
 */
export async function calibrate(
  computation: Computation,
  features: readonly Features[],
  labels: Int32Array,
): Promise<number> {
  invariant(features.length > 0, "a temperature needs validation examples");
  const scorer = await openScorer(computation, { threads: 1 });
  try {
    return fitTemperature(await scorer.score(features), labels, computation.labels.length);
  } finally {
    await scorer.close();
  }
}
