import { seededRandom, shuffle } from "../../kernel/random.ts";
import {
  type BoostedTrees,
  type BoostingOptions,
  type Columns,
  type Loss,
  boostingDefaults,
  trainBoostedTrees,
} from "./boosted-trees.ts";

/** Rows that trees learn from at most; more hardly change a baseline. */
const rowsMax = 50_000;
const roundsMax = 400;

/** What trees learn from: columns, and a loss over some of the rows. */
export interface TreeTask {
  readonly columns: Columns;
  /** The loss of these rows alone. */
  readonly lossOf: (rows: Int32Array) => Loss;
  /** Mean loss of scores [rows, outputs] on these rows. */
  readonly measure: (scores: Float64Array, rows: Int32Array) => number;
}

/** Boosted trees with as many rounds as a held-out fifth of the rows asks for, then grown again on all rows. */
export function fitTrees({ columns, lossOf, measure }: TreeTask): BoostedTrees {
  const order = Int32Array.from(columns[0]?.keys() ?? []);
  const rows = shuffle(order, seededRandom("trees/rows")).subarray(0, rowsMax);
  const held = rows.subarray(0, Math.ceil(rows.length / 5));
  const kept = rows.subarray(held.length);
  const part = (some: Int32Array): Columns =>
    columns.map((column) => Float64Array.from(some, (i) => column[i] as number));
  const outputs = lossOf(kept).outputs;
  const options: BoostingOptions = {
    ...boostingDefaults,
    depth: rows.length < 5_000 ? 3 : 6,
    rounds: Math.max(20, Math.round(roundsMax / Math.max(1, outputs / 4))),
    seed: "trees",
  };
  const trial = trainBoostedTrees(part(kept), lossOf(kept), options);
  let best = { rounds: 1, loss: Number.POSITIVE_INFINITY };
  trial.score(part(held), (round, scores) => {
    const loss = measure(scores, held);
    if (loss < best.loss) best = { rounds: round, loss };
  });
  return trainBoostedTrees(part(rows), lossOf(rows), { ...options, rounds: best.rounds });
}
