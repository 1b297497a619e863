import type { TextFeatures } from "../../../models/index.ts";

/**
 * How unevenly the classes use each bucket, as bytes: 255 for the most telling, 0 for one that is as good as never seen
 * or used by all alike. For bucket b and class k, r = |ln((df_k + 1) / (n_k + 2)) - ln((df_rest + 1) / (n_rest + 2))|
 * over counts of examples that hold b; the relevance is the largest r over the classes that use b. (The log-count
 * ratios of Wang and Manning 2012, "Baselines and Bigrams", without their sign, which the table learns.)
 */
export function relevanceOf(
  bags: readonly TextFeatures[],
  labels: Int32Array,
  classes: number,
  buckets: number,
): Uint8Array<ArrayBuffer> {
  const all = new Uint32Array(buckets);
  const ofClass: number[][] = Array.from({ length: classes }, () => []);
  for (const [i, bag] of bags.entries()) {
    for (const id of bag.ids) all[id] = (all[id] as number) + 1;
    ofClass[labels[i] as number]?.push(i);
  }
  const ratios = new Float64Array(buckets);
  const inClass = new Uint32Array(buckets);
  for (const members of ofClass) {
    const rest = bags.length - members.length;
    const balance = Math.log((rest + 2) / (members.length + 2));
    for (const i of members) for (const id of bags[i]?.ids ?? []) inClass[id] = (inClass[id] as number) + 1;
    for (const i of members) {
      for (const id of bags[i]?.ids ?? []) {
        const count = inClass[id] as number;
        if (count === 0) continue; // already done for this class
        const ratio = Math.abs(Math.log((count + 1) / ((all[id] as number) - count + 1)) + balance);
        if (ratio > (ratios[id] as number)) ratios[id] = ratio;
        inClass[id] = 0;
      }
    }
  }
  const largest = ratios.reduce((max, ratio) => Math.max(max, ratio), 0);
  return Uint8Array.from(ratios, (ratio) => (largest === 0 ? 0 : Math.round((ratio / largest) * 255)));
}

/** The features as they would be with this relevance in their preprocessing. */
export function weighByRelevance({ ids, weights }: TextFeatures, relevance: Uint8Array): TextFeatures {
  const kept = ids.filter((id) => relevance[id] !== 0);
  if (kept.length === 0) return { ids: new Int32Array(1), weights: new Float32Array(1) };
  const weighed = new Float32Array(kept.length);
  let squares = 0;
  let at = 0;
  for (let i = 0; i < ids.length; i++) {
    const telling = relevance[ids[i] as number] as number;
    if (telling === 0) continue;
    const weight = telling * (weights[i] as number);
    weighed[at++] = weight;
    squares += weight * weight;
  }
  const scale = squares === 0 ? 0 : 1 / Math.sqrt(squares);
  for (let i = 0; i < at; i++) weighed[i] = (weighed[i] as number) * scale;
  return { ids: kept, weights: weighed };
}
