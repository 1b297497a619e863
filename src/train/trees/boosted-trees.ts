import { type Random, seededRandom, shuffle } from "../../kernel/random.ts";

/** Rows by columns of numbers; `NaN` is missing. A category is a number that its place in an order gives it. */
export type Columns = readonly Float64Array[];

export interface BoostingOptions {
  readonly rounds: number;
  readonly rate: number;
  readonly depth: number;
  /** Rows below which a leaf is not made. */
  readonly rowsMin: number;
  /** L2 on the values of leaves (Chen and Guestrin 2016, equation 6). */
  readonly lambda: number;
  /** Share of rows and of columns that a tree sees. */
  readonly rowShare: number;
  readonly columnShare: number;
  readonly seed: number | string;
}

export const boostingDefaults: Omit<BoostingOptions, "seed"> = {
  rounds: 100,
  rate: 0.05,
  depth: 3,
  rowsMin: 10,
  lambda: 1,
  rowShare: 0.8,
  columnShare: 0.6,
};

/** Gradient and curvature of a loss at each row, for one output. */
export interface Loss {
  /** How many numbers a row is predicted by: classes, or one. */
  readonly outputs: number;
  /** Before the first tree. */
  readonly start: Float64Array;
  /** Writes into `gradient` and `curvature` [rows] what a step of `output` begins from; `scores` is [rows, outputs]. */
  derive(scores: Float64Array, output: number, gradient: Float64Array, curvature: Float64Array): void;
}

type Tree =
  | { readonly value: number }
  | {
      readonly column: number;
      readonly bin: number;
      readonly missingLeft: boolean;
      readonly left: Tree;
      readonly right: Tree;
    };

export interface BoostedTrees {
  /** [rows, outputs] scores, before softmax; `onRound` sees them after each round, counted from 1. */
  score(columns: Columns, onRound?: (round: number, scores: Float64Array) => void): Float64Array;
}

const binsMax = 64;
const missingBin = binsMax;

/** Softmax cross-entropy over classes. */
export function softmaxLoss(labels: Int32Array, classes: number): Loss {
  const counts = Array.from({ length: classes }, (_, k) => labels.filter((label) => label === k).length);
  return {
    outputs: classes,
    start: Float64Array.from(counts, (count) => Math.log((count + 1) / (labels.length + classes))),
    derive(scores, output, gradient, curvature) {
      for (let i = 0; i < labels.length; i++) {
        const row = scores.subarray(i * classes, (i + 1) * classes);
        const highest = row.reduce((max, score) => Math.max(max, score));
        const total = row.reduce((sum, score) => sum + Math.exp(score - highest), 0);
        const p = Math.exp((row[output] as number) - highest) / total;
        gradient[i] = p - (labels[i] === output ? 1 : 0);
        curvature[i] = Math.max(p * (1 - p), 1e-6);
      }
    },
  };
}

export function squaredLoss(values: Float64Array): Loss {
  return {
    outputs: 1,
    start: Float64Array.of(values.reduce((sum, y) => sum + y, 0) / values.length),
    derive(scores, _output, gradient, curvature) {
      for (let i = 0; i < values.length; i++) gradient[i] = (scores[i] as number) - (values[i] as number);
      curvature.fill(1);
    },
  };
}

/**
 * Gradient boosting of regression trees on histograms, second order (Friedman 2001; Chen and Guestrin 2016; Ke et al.
 * 2017): numbers in at most 64 bins by quantile, missing values to the side that gains more.
 */
export function trainBoostedTrees(columns: Columns, loss: Loss, options: BoostingOptions): BoostedTrees {
  const rows = columns[0]?.length ?? 0;
  const edges = columns.map(binEdges);
  const bins = columns.map((column, c) => binned(column, edges[c] as Float64Array));
  const random = seededRandom(`${options.seed}/trees`);
  const scores = startScores(rows, loss);
  const [gradient, curvature] = [new Float64Array(rows), new Float64Array(rows)];
  const trees: Tree[][] = [];
  for (let round = 0; round < options.rounds; round++) {
    const sample = drawn(rows, options.rowShare, random);
    const seen = drawn(columns.length, options.columnShare, random);
    const before = scores.slice();
    const ofRound: Tree[] = [];
    for (let output = 0; output < loss.outputs; output++) {
      loss.derive(before, output, gradient, curvature);
      const tree = grow({ bins, seen, gradient, curvature, options }, sample, options.depth);
      for (let i = 0; i < rows; i++) {
        const at = i * loss.outputs + output;
        scores[at] = (scores[at] as number) + leafOf(tree, bins, i);
      }
      ofRound.push(tree);
    }
    trees.push(ofRound);
  }
  return {
    score(asked, onRound) {
      const places = asked.map((column, c) => binned(column, edges[c] as Float64Array));
      return scoreAll(trees, loss, places, onRound);
    },
  };
}

function scoreAll(
  trees: readonly (readonly Tree[])[],
  loss: Loss,
  bins: readonly Uint8Array[],
  onRound?: (round: number, scores: Float64Array) => void,
): Float64Array {
  const rows = bins[0]?.length ?? 0;
  const scores = startScores(rows, loss);
  for (const [round, ofRound] of trees.entries()) {
    for (const [output, tree] of ofRound.entries()) {
      for (let i = 0; i < rows; i++) {
        const at = i * loss.outputs + output;
        scores[at] = (scores[at] as number) + leafOf(tree, bins, i);
      }
    }
    onRound?.(round + 1, scores);
  }
  return scores;
}

const startScores = (rows: number, { start, outputs }: Loss): Float64Array =>
  Float64Array.from({ length: rows * outputs }, (_, i) => start[i % outputs] as number);

/** Ascending upper edges of the bins: every value where there are few, else quantiles. */
function binEdges(column: Float64Array): Float64Array {
  const sorted = column.filter((value) => !Number.isNaN(value)).sort();
  const distinct = sorted.filter((value, i) => i === 0 || value !== sorted[i - 1]);
  if (distinct.length <= binsMax) return distinct.subarray(0, Math.max(distinct.length - 1, 0));
  const quantiles = Array.from(
    { length: binsMax - 1 },
    (_, k) => sorted[Math.floor(((k + 1) * sorted.length) / binsMax)] ?? 0,
  );
  return Float64Array.from(new Set(quantiles));
}

/** The number of edges below each value. */
function binned(column: Float64Array, edges: Float64Array): Uint8Array {
  return Uint8Array.from(column, (value) => {
    if (Number.isNaN(value)) return missingBin;
    let [low, high] = [0, edges.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((edges[middle] as number) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  });
}

function drawn(count: number, share: number, random: Random): Int32Array {
  const all = Int32Array.from({ length: count }, (_, i) => i);
  if (share >= 1) return all;
  return shuffle(all, random)
    .slice(0, Math.max(1, Math.round(share * count)))
    .sort();
}

interface Growing {
  readonly bins: readonly Uint8Array[];
  readonly seen: Int32Array;
  readonly gradient: Float64Array;
  readonly curvature: Float64Array;
  readonly options: BoostingOptions;
}

interface Split {
  readonly gain: number;
  readonly column: number;
  readonly bin: number;
  readonly missingLeft: boolean;
}

function grow(growing: Growing, rows: Int32Array, depth: number): Tree {
  const { bins, gradient, curvature, options } = growing;
  const [g, h] = sums(rows, gradient, curvature);
  const leaf: Tree = { value: (-options.rate * g) / (h + options.lambda) };
  if (depth === 0 || rows.length < 2 * options.rowsMin) return leaf;
  const split = bestSplit(growing, rows, g, h);
  if (!split) return leaf;
  const column = bins[split.column] as Uint8Array;
  const isLeft = (i: number): boolean => goesLeft(split, column[i] as number);
  const [left, right] = [rows.filter(isLeft), rows.filter((i) => !isLeft(i))];
  const { bin, missingLeft } = split;
  return {
    column: split.column,
    bin,
    missingLeft,
    left: grow(growing, left, depth - 1),
    right: grow(growing, right, depth - 1),
  };
}

const goesLeft = ({ bin, missingLeft }: Pick<Split, "bin" | "missingLeft">, at: number): boolean =>
  at === missingBin ? missingLeft : at <= bin;

function sums(rows: Int32Array, gradient: Float64Array, curvature: Float64Array): [number, number] {
  let [g, h] = [0, 0];
  for (const i of rows) {
    g += gradient[i] as number;
    h += curvature[i] as number;
  }
  return [g, h];
}

/** The split that gains most: half of GL² / (HL + λ) + GR² / (HR + λ) - G² / (H + λ). */
function bestSplit({ bins, seen, gradient, curvature, options }: Growing, rows: Int32Array, g: number, h: number) {
  const { lambda, rowsMin } = options;
  const [gs, hs, ns] = [new Float64Array(binsMax + 1), new Float64Array(binsMax + 1), new Int32Array(binsMax + 1)];
  const whole = (g * g) / (h + lambda);
  let best: Split | undefined;
  for (const c of seen) {
    const column = bins[c] as Uint8Array;
    for (const histogram of [gs, hs, ns]) histogram.fill(0);
    for (const i of rows) {
      const at = column[i] as number;
      gs[at] = (gs[at] as number) + (gradient[i] as number);
      hs[at] = (hs[at] as number) + (curvature[i] as number);
      ns[at] = (ns[at] as number) + 1;
    }
    const missing = ns[missingBin] as number;
    for (const missingLeft of missing > 0 ? [true, false] : [false]) {
      let gl = missingLeft ? (gs[missingBin] as number) : 0;
      let hl = missingLeft ? (hs[missingBin] as number) : 0;
      let nl = missingLeft ? missing : 0;
      for (let bin = 0; bin < binsMax; bin++) {
        gl += gs[bin] as number;
        hl += hs[bin] as number;
        nl += ns[bin] as number;
        if (nl < rowsMin) continue;
        if (rows.length - nl < rowsMin) break;
        const gain = (gl * gl) / (hl + lambda) + (g - gl) ** 2 / (h - hl + lambda) - whole;
        if (gain > (best?.gain ?? 1e-9)) best = { gain, column: c, bin, missingLeft };
      }
    }
  }
  return best;
}

function leafOf(tree: Tree, bins: readonly Uint8Array[], row: number): number {
  let node = tree;
  while (!("value" in node)) node = goesLeft(node, bins[node.column]?.[row] as number) ? node.left : node.right;
  return node.value;
}
