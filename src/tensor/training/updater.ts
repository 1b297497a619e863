import {
  add,
  array,
  compileKernel,
  type Formula,
  type Kernel,
  max,
  min,
  mul,
  number,
  scalar,
} from "../runtime/kernel.ts";
import type { TableMemory, TrainingMemory } from "./memory.ts";
import type { Optimizer } from "./optimizers.ts";

/** How many rows are brought into the cache before they are updated. */
const rowsAhead = 128;

/** What is done to gradients before the optimizer sees them. */
export interface Clipping {
  /** Gradients whose joint Euclidean norm is larger are scaled down to it (Pascanu et al. 2013, arXiv:1211.5063). */
  readonly clipNorm?: number;
  /** Each element is cut off at ± this, after clipping by norm. */
  readonly clipValue?: number;
}

/** Applies an optimizer to the whole dense arena and to the touched rows of each table, in place. */
export class Updater {
  private readonly memory: TrainingMemory;
  private readonly optimizer: Optimizer;
  private readonly clipNorm: number | undefined;
  private readonly dense: Kernel;
  private readonly rows: Kernel;
  private readonly touch: Kernel;

  constructor(memory: TrainingMemory, optimizer: Optimizer, { clipNorm, clipValue }: Clipping) {
    this.memory = memory;
    this.optimizer = optimizer;
    this.clipNorm = clipNorm;
    const kernel = (place: "flat" | "row"): Kernel => {
      const slots = optimizer.slots.map((slot) => [slot, place] as const);
      const arrays = { p: place, g: "flat" as const, ...Object.fromEntries(slots) };
      const scalars = [...optimizer.scalars, "clip"];
      return compileKernel({ arrays, scalars, stores: optimizer.update(gradientOf(clipValue)) }, memory.arena.memory);
    };
    this.dense = kernel("flat");
    this.rows = kernel("row");
    const rowArrays = Object.fromEntries(["p", ...optimizer.slots].map((name) => [name, "row"] as const));
    const sum = optimizer.slots.reduce((total, slot) => add(total, array(slot)), array("p"));
    this.touch = compileKernel(
      { arrays: { ...rowArrays, to: "flat" }, scalars: [], stores: { to: sum } },
      memory.arena.memory,
    );
  }

  /**
   * `touched` are the counts of each table's touched rows; gradients count `scale` times. Returns their norm where it is
   * clipped.
   */
  update(step: number, learningRate: number, touched: readonly number[], scale = 1): number | undefined {
    const { dense, tables } = this.memory;
    const norm = this.clipNorm === undefined ? undefined : scale * this.gradientNorm(touched);
    const tooLong = norm !== undefined && this.clipNorm !== undefined && norm > this.clipNorm;
    const clip = tooLong ? (scale * this.clipNorm) / norm : scale;
    const scalarsOf = (decays: boolean) => ({ ...this.optimizer.at(step, learningRate, decays), clip });
    for (const [from, to] of [[0, dense.decaying] as const, [dense.decaying, dense.values.length] as const]) {
      if (from === to) continue;
      const part = (all: Float32Array): Float32Array => all.subarray(from, to);
      const arrays = { p: part(dense.values), g: part(dense.gradients), ...this.slots(dense.slots.map(part)) };
      this.dense({ rows: 1, width: to - from, arrays, scalars: scalarsOf(from < dense.decaying) });
    }
    for (const [i, table] of tables.entries()) this.updateRows(table, touched[i] ?? 0, scalarsOf(true));
    return norm;
  }

  /**
   * Rows lie scattered over a block larger than any cache. Reading one vector of many rows first lets their cache misses
   * overlap; the update itself has too much to compute for the processor to look ahead.
   */
  private updateRows(table: TableMemory, rows: number, scalars: { readonly [name: string]: number }): void {
    const { stride, block, touchedRows: scratch } = table;
    const { width } = table.declaration;
    const slots = this.slots(table.slots);
    for (let from = 0; from < rows; from += rowsAhead) {
      const count = Math.min(rowsAhead, rows - from);
      const ids = table.touchedIds.subarray(from, from + count);
      const g = table.touchedGradients.subarray(from * width, (from + count) * width);
      this.touch({ rows: count, width: 4, stride, ids, arrays: { p: block, to: scratch, ...slots }, scalars: {} });
      this.rows({ rows: count, width, stride, ids, arrays: { p: block, g, ...slots }, scalars });
    }
  }

  private slots(arrays: readonly Float32Array[]): { [slot: string]: Float32Array } {
    return Object.fromEntries(this.optimizer.slots.map((slot, i) => [slot, arrays[i] ?? new Float32Array()]));
  }

  private gradientNorm(touched: readonly number[]): number {
    let sum = sumOfSquares(this.memory.dense.gradients);
    for (const [i, { touchedGradients, declaration }] of this.memory.tables.entries()) {
      sum += sumOfSquares(touchedGradients.subarray(0, (touched[i] ?? 0) * declaration.width));
    }
    return Math.sqrt(sum);
  }
}

/** g, scaled by `clip` and cut off at ±`limit`. */
function gradientOf(limit: number | undefined): Formula {
  const scaled = mul(array("g"), scalar("clip"));
  return limit === undefined ? scaled : max(number(-limit), min(number(limit), scaled));
}

/** In float64, in four sums that do not wait for each other. */
function sumOfSquares(data: Float32Array): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let i = 0; i < data.length; i += 4) {
    a += (data[i] ?? 0) ** 2;
    b += (data[i + 1] ?? 0) ** 2;
    c += (data[i + 2] ?? 0) ** 2;
    d += (data[i + 3] ?? 0) ** 2;
  }
  return a + b + c + d;
}
