import { compileKernel, type Kernel } from "../runtime/kernel.ts";
import type { TableMemory, TrainingMemory } from "./memory.ts";
import type { Optimizer } from "./optimizers.ts";

/** Applies an optimizer to the whole dense arena and to the touched rows of each table, in place. */
export class Updater {
  private readonly memory: TrainingMemory;
  private readonly optimizer: Optimizer;
  private readonly clipNorm: number | undefined;
  private readonly dense: Kernel;
  private readonly rows: Kernel;

  constructor(memory: TrainingMemory, optimizer: Optimizer, clipNorm: number | undefined) {
    this.memory = memory;
    this.optimizer = optimizer;
    this.clipNorm = clipNorm;
    const kernel = (place: "flat" | "row"): Kernel => {
      const slots = optimizer.slots.map((slot) => [slot, place] as const);
      const arrays = { p: place, g: "flat" as const, ...Object.fromEntries(slots) };
      return compileKernel({ arrays, scalars: optimizer.scalars, stores: optimizer.update }, memory.arena.memory);
    };
    this.dense = kernel("flat");
    this.rows = kernel("row");
  }

  /** `touched` are the counts of each table's touched rows. Returns the norm of the gradients where it is clipped. */
  update(step: number, learningRate: number, touched: readonly number[]): number | undefined {
    const { dense, tables } = this.memory;
    const norm = this.clipNorm === undefined ? undefined : this.gradientNorm(touched);
    const clip = norm !== undefined && this.clipNorm !== undefined && norm > this.clipNorm ? this.clipNorm / norm : 1;
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

  private updateRows(table: TableMemory, rows: number, scalars: { readonly [name: string]: number }): void {
    const arrays = { p: table.values, g: table.touchedGradients, ...this.slots(table.slots) };
    this.rows({ rows, width: table.declaration.width, ids: table.touchedIds, arrays, scalars });
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
