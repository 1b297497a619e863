/**
 * The T > 0 that minimizes the cross-entropy of softmax(logits / T) (Guo et al. 2017, arXiv:1706.04599), by golden
 * section over ln T: the loss has one minimum in 1 / T. Probabilities stand in for logits: ln p is a logit up to a
 * constant. `probabilities` is [examples, classes]; 1 where temperature does not lower the loss. Targets are softened
 * by 1 / (n + 2) as in Platt 1999, so that a few examples without an error do not ask for certainty.
 */
export function fitTemperature(probabilities: Float32Array, truth: Int32Array, classes: number): number {
  const logits = Float64Array.from(probabilities, (p) => Math.log(Math.max(p, 1e-12)));
  const loss = (logT: number): number => crossEntropyAt(logits, truth, classes, Math.exp(-logT));
  const ratio = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [Math.log(0.05), Math.log(20)];
  let [a, b] = [high - ratio * (high - low), low + ratio * (high - low)];
  let [lossA, lossB] = [loss(a), loss(b)];
  for (let i = 0; i < 60; i++) {
    if (lossA < lossB) {
      [high, b, lossB] = [b, a, lossA];
      a = high - ratio * (high - low);
      lossA = loss(a);
    } else {
      [low, a, lossA] = [a, b, lossB];
      b = low + ratio * (high - low);
      lossB = loss(b);
    }
  }
  const best = (low + high) / 2;
  return loss(best) < loss(0) ? Math.exp(best) : 1;
}

function crossEntropyAt(logits: Float64Array, truth: Int32Array, classes: number, sharpness: number): number {
  const softness = 1 / (truth.length + 2);
  let total = 0;
  for (let i = 0; i < truth.length; i++) {
    const from = i * classes;
    let highest = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < classes; k++) highest = Math.max(highest, (logits[from + k] as number) * sharpness);
    let sum = 0;
    let mean = 0;
    for (let k = 0; k < classes; k++) {
      const logit = (logits[from + k] as number) * sharpness;
      sum += Math.exp(logit - highest);
      mean += logit / classes;
    }
    const own = (logits[from + (truth[i] as number)] as number) * sharpness;
    total += highest + Math.log(sum) - (1 - softness) * own - softness * mean;
  }
  return total / truth.length;
}
