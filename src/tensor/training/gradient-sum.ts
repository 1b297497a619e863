import type { TableMemory, TrainingMemory } from "./memory.ts";

/** Adds up the gradients of several batches that make one step, each as often as its examples weigh. */
export class GradientSum {
  private readonly memory: TrainingMemory;
  private readonly dense: Float32Array;
  private readonly tables: readonly RowSum[];
  private weight = 0;

  constructor(memory: TrainingMemory) {
    this.memory = memory;
    this.dense = new Float32Array(memory.dense.gradients.length);
    this.tables = memory.tables.map((table) => new RowSum(table));
  }

  /** Adds the gradients that lie in memory; `touched` are the counts of each table's touched rows. */
  add(weight: number, touched: readonly number[]): void {
    this.weight += weight;
    addScaled(this.dense, this.memory.dense.gradients, weight);
    for (const [i, table] of this.tables.entries()) table.add(weight, touched[i] ?? 0);
  }

  /** Puts the sums where the gradients lie and begins anew. `scale` makes them means. */
  take(): { readonly scale: number; readonly touched: readonly number[] } {
    const scale = 1 / this.weight;
    this.memory.dense.gradients.set(this.dense);
    this.dense.fill(0);
    this.weight = 0;
    return { scale, touched: this.tables.map((table) => table.take()) };
  }
}

/** The rows of one table that any of the batches touched. */
class RowSum {
  private readonly table: TableMemory;
  private readonly placeOf = new Map<number, number>();
  private sums = new Float32Array(0);

  constructor(table: TableMemory) {
    this.table = table;
  }

  add(weight: number, touched: number): void {
    const { touchedIds, touchedGradients, declaration } = this.table;
    const { width } = declaration;
    for (let i = 0; i < touched; i++) {
      const id = touchedIds[i] ?? 0;
      const place = this.placeOf.get(id) ?? this.placeOf.size;
      this.placeOf.set(id, place);
      this.reserve((place + 1) * width);
      const gradient = touchedGradients.subarray(i * width, (i + 1) * width);
      addScaled(this.sums.subarray(place * width, (place + 1) * width), gradient, weight);
    }
  }

  take(): number {
    const { touchedIds, touchedGradients, declaration } = this.table;
    const used = this.placeOf.size * declaration.width;
    touchedIds.set([...this.placeOf.keys()]); // in the order of their places
    touchedGradients.set(this.sums.subarray(0, used));
    this.sums.fill(0, 0, used);
    const count = this.placeOf.size;
    this.placeOf.clear();
    return count;
  }

  private reserve(length: number): void {
    if (length <= this.sums.length) return;
    const larger = new Float32Array(Math.max(length, 2 * this.sums.length));
    larger.set(this.sums);
    this.sums = larger;
  }
}

function addScaled(to: Float32Array, from: Float32Array, scale: number): void {
  for (let i = 0; i < to.length; i++) to[i] = (to[i] ?? 0) + scale * (from[i] ?? 0);
}
