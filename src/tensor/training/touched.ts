import { Refusal } from "../../kernel/errors.ts";
import { array, compileKernel, type Kernel } from "../runtime/kernel.ts";
import type { WasmMemory } from "../runtime/wasm.ts";
import type { Bag } from "./batch.ts";
import type { TableMemory } from "./memory.ts";

/** Turns the bags or ids of a batch into the table's distinct rows, and what says which of them is meant where. */
export class TouchedRows {
  readonly table: TableMemory;
  private readonly gather: Kernel;
  /** Where a row of the table is among the touched ones, plus 1; 0 where it is not. */
  private readonly placeOf: Int32Array;
  private count = 0;
  private matrix = new Float32Array(0);

  constructor(table: TableMemory, memory: WasmMemory) {
    this.table = table;
    this.placeOf = new Int32Array(table.declaration.rows);
    this.gather = compileKernel(
      { arrays: { to: "flat", from: "row" }, scalars: [], stores: { to: array("from") } },
      memory,
    );
  }

  /** Copies the touched rows to the front of the table's buffers and returns their count and weights [batch, count]. */
  fill(bags: readonly Bag[]): { readonly count: number; readonly weights: Float32Array } {
    for (const [b, { ids, weights }] of bags.entries()) {
      if (ids.length !== weights.length) {
        throw new Refusal("invalid_data", `Bag ${b} of a batch has ids without weights.`);
      }
    }
    return this.touching(
      bags.map(({ ids }) => ids),
      (count) => ({ count, weights: this.weigh(bags, count) }),
    );
  }

  /** The same for one id at each place: where its row is among the touched ones. */
  locate(ids: Int32Array): { readonly count: number; readonly places: Int32Array } {
    return this.touching([ids], (count) => ({ count, places: ids.map((id) => (this.placeOf[id] ?? 0) - 1) }));
  }

  /** Places the ids and copies their rows, for as long as `read` looks at the places. */
  private touching<Result>(lists: readonly Bag["ids"][], read: (count: number) => Result): Result {
    const { touchedIds: ids, block, stride, touchedRows, declaration } = this.table;
    try {
      this.place(lists);
      const { count } = this;
      const arrays = { to: touchedRows, from: block };
      this.gather({ rows: count, width: declaration.width, stride, ids, arrays, scalars: {} });
      return read(count);
    } finally {
      for (let i = 0; i < this.count; i++) this.placeOf[ids[i] ?? 0] = 0;
    }
  }

  /** Gives every distinct id a place, in order of appearance. A batch without any id touches row 0, with weight 0. */
  private place(lists: readonly Bag["ids"][]): void {
    const { placeOf } = this;
    const { touchedIds, declaration } = this.table;
    this.count = 0;
    for (const ids of lists) {
      for (let i = 0; i < ids.length; i++) {
        const id = ids[i] ?? 0;
        const place = placeOf[id];
        if (place === undefined) {
          const { name, rows } = declaration;
          throw new Refusal("invalid_data", `Row ${id} is outside the table "${name}" of ${rows} rows.`);
        }
        if (place !== 0) continue;
        touchedIds[this.count++] = id;
        placeOf[id] = this.count;
      }
    }
    if (this.count === 0) touchedIds[this.count++] = 0;
  }

  private weigh(bags: readonly Bag[], count: number): Float32Array {
    const size = bags.length * count;
    if (this.matrix.length < size) this.matrix = new Float32Array(size * 2);
    const matrix = this.matrix.subarray(0, size).fill(0);
    let row = -1; // places count from 1
    for (const { ids, weights } of bags) {
      for (let i = 0; i < ids.length; i++) {
        const at = row + (this.placeOf[ids[i] ?? 0] ?? 0);
        matrix[at] = (matrix[at] ?? 0) + (weights[i] ?? 0);
      }
      row += count;
    }
    return matrix;
  }
}
