export interface GivenLabels {
  readonly classes: number;
  /** Index of the given label of each example. */
  readonly given: Int32Array;
  /** [examples, classes] by a model that did not train on the example. */
  readonly probabilities: Float32Array;
}

export interface Doubt {
  /** Which example. */
  readonly at: number;
  /** The label that the model is confident of. */
  readonly suggested: number;
  /** p(given) - p(suggested), in [-1, 0]: the lower the more doubtful. */
  readonly margin: number;
}

/**
 * Labels that are likely wrong, the most doubtful first: confident learning (Northcutt, Jiang and Chuang, "Confident
 * Learning: Estimating Uncertainty in Dataset Labels", 2021). The threshold of a class is the mean probability that
 * examples with its label get for it; an example counts as of the class, among those whose threshold it reaches, that is
 * most probable. What lies off the diagonal of given and confident labels is doubtful; ranked by its margin.
 */
export function doubtfulLabels({ classes, given, probabilities }: GivenLabels): Doubt[] {
  const thresholds = thresholdsOf({ classes, given, probabilities });
  const doubts: Doubt[] = [];
  for (const [at, label] of given.entries()) {
    let suggested = -1;
    for (let k = 0; k < classes; k++) {
      const p = probabilities[at * classes + k] ?? 0;
      if (p < (thresholds[k] ?? 1)) continue;
      if (suggested < 0 || p > (probabilities[at * classes + suggested] ?? 0)) suggested = k;
    }
    if (suggested < 0 || suggested === label) continue;
    const margin = (probabilities[at * classes + label] ?? 0) - (probabilities[at * classes + suggested] ?? 0);
    if (margin < 0) doubts.push({ at, suggested, margin });
  }
  return doubts.sort((a, b) => a.margin - b.margin || a.at - b.at);
}

function thresholdsOf({ classes, given, probabilities }: GivenLabels): Float64Array {
  const sums = new Float64Array(classes);
  const counts = new Float64Array(classes);
  for (const [at, label] of given.entries()) {
    sums[label] = (sums[label] ?? 0) + (probabilities[at * classes + label] ?? 0);
    counts[label] = (counts[label] ?? 0) + 1;
  }
  return sums.map((sum, k) => (counts[k] ? sum / counts[k] : 1)); // nothing is confidently of a class that nobody gave
}
