/** Vectors of norm 1, row-major [n, width], and the class of each. */
export interface LabelledVectors {
  readonly vectors: Float32Array;
  readonly labels: ArrayLike<number>;
  readonly width: number;
  readonly classes: number;
}

export interface NearestOptions {
  /** How many examples vote. Default 10. */
  readonly neighbours?: number;
  /** Votes are e^(cosine / temperature). Default 0.05. */
  readonly temperature?: number;
}

/**
 * Answers by the nearest labelled vectors: row-major [n, width] of norm 1 → probabilities [n, classes]. Nothing is
 * trained, so a new example counts at once. With the vectors of the labels' descriptions, one a class, it is zero-shot.
 */
export function nearestClassifier(
  { vectors, labels, width, classes }: LabelledVectors,
  { neighbours = 10, temperature = 0.05 }: NearestOptions = {},
): (queries: Float32Array) => Float32Array {
  const known = vectors.length / width;
  const count = Math.min(neighbours, known);
  const cosines = new Float32Array(known);
  return (queries) => {
    const rows = queries.length / width;
    const probabilities = new Float32Array(rows * classes);
    for (let row = 0; row < rows; row++) {
      const query = queries.subarray(row * width, (row + 1) * width);
      for (let i = 0; i < known; i++) cosines[i] = dot(query, vectors, i * width);
      const votes = probabilities.subarray(row * classes, (row + 1) * classes);
      vote(nearest(cosines, count), cosines, labels, temperature, votes);
    }
    return probabilities;
  };
}

/** Places of the largest numbers, largest first. */
function nearest(cosines: Float32Array, count: number): number[] {
  const best: number[] = [];
  for (const [i, cosine] of cosines.entries()) {
    if (best.length === count && cosine <= (cosines[best[count - 1] ?? 0] ?? 0)) continue;
    let at = best.length;
    while (at > 0 && (cosines[best[at - 1] ?? 0] ?? 0) < cosine) at--;
    best.splice(at, 0, i);
    if (best.length > count) best.pop();
  }
  return best;
}

function vote(
  places: readonly number[],
  cosines: Float32Array,
  labels: ArrayLike<number>,
  temperature: number,
  votes: Float32Array,
): void {
  const top = cosines[places[0] ?? 0] ?? 0;
  let total = 0;
  for (const i of places) {
    const weight = Math.exp(((cosines[i] ?? 0) - top) / temperature);
    const label = labels[i] ?? 0;
    votes[label] = (votes[label] ?? 0) + weight;
    total += weight;
  }
  for (const [label, sum] of votes.entries()) votes[label] = sum / total;
}

function dot(query: Float32Array, vectors: Float32Array, from: number): number {
  let sum = 0;
  for (let k = 0; k < query.length; k++) sum += (query[k] ?? 0) * (vectors[from + k] ?? 0);
  return sum;
}
