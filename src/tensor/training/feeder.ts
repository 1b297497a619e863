import { invariant, must, Refusal } from "../../kernel/errors.ts";
import { resolveShape, type Shape, shapeText, sizeOf } from "../graph/shape.ts";
import { type BuiltModel, type InputDeclaration, tableFeeds } from "../model/model.ts";
import { type Value, value, type Values } from "../runtime/runtime.ts";
import type { Batch } from "./batch.ts";
import type { DropoutMasks } from "./dropout-mask.ts";
import type { TouchedRows } from "./touched.ts";

export interface Fed {
  readonly feeds: { [name: string]: Value };
  /** For each table, how many rows the batch touches. */
  readonly touched: readonly number[];
}

/** Turns a batch into what a step's session takes, with the parameters; `masks` are those of the step. */
export function feedBatch(
  model: BuiltModel,
  tables: readonly TouchedRows[],
  batch: Batch,
  parameters: Values,
  masks?: { readonly of: DropoutMasks; readonly step: number | string },
): Fed {
  if (!(batch.size > 0)) throw new Refusal("invalid_data", "A batch is empty.");
  const feeds: { [name: string]: Value } = { ...parameters };
  const sizes: { [name: string]: number } = { batch: batch.size };
  for (const declared of model.inputs) feeds[declared.name] = inputValue(declared, batch, sizes);
  const touched = tables.map((rows) => feedTable(rows, batch, feeds, sizes));
  return { feeds: { ...feeds, ...masks?.of.draw(sizes, masks.step) }, touched };
}

/** Adds the rows that a batch touches, and how it reads them; returns how many. */
function feedTable(rows: TouchedRows, batch: Batch, feeds: Fed["feeds"], sizes: { [name: string]: number }): number {
  const { name, width, ids } = rows.table.declaration;
  const names = tableFeeds(name);
  const feedRows = (count: number): number => {
    sizes[names.touched] = count;
    feeds[names.rows] = value(rows.table.touchedRows.subarray(0, count * width), [count, width]);
    return count;
  };
  if (ids) {
    const { data, dims } = must(feeds[ids.name], `the ids of "${name}"`);
    const { count, places } = rows.locate(data as Int32Array);
    feeds[names.places] = value(places, dims);
    return feedRows(count);
  }
  const bags = batch.bags?.[name];
  if (bags?.length !== batch.size)
    throw new Refusal("invalid_data", `A batch of ${batch.size} has ${bags?.length ?? 0} bags for "${name}".`);
  const { count, weights } = rows.fill(bags);
  feeds[names.weights] = value(weights, [batch.size, count]);
  return feedRows(count);
}

function inputValue(declared: InputDeclaration, batch: Batch, sizes: { [name: string]: number }): Value {
  const { name, shape, type, absent } = declared;
  const data = batch.values?.[name];
  if (data === undefined) {
    if (absent === undefined) throw new Refusal("invalid_data", `A batch has no values for the input "${name}".`);
    const dims = resolveShape(shape, sizes);
    const filled = type === "int32" ? new Int32Array(sizeOf(dims)) : new Float32Array(sizeOf(dims));
    return value(filled.fill(absent), dims);
  }
  const fits = type === "int32" ? data instanceof Int32Array : type === "float32" && data instanceof Float32Array;
  if (!fits) throw new Refusal("invalid_data", `The values for the input "${name}" are not ${type}.`);
  learnSize(shape, data.length, sizes);
  const dims = resolveShape(shape, sizes);
  if (sizeOf(dims) !== data.length) {
    throw new Refusal(
      "invalid_data",
      `The input "${name}" has ${data.length} numbers, not ${sizeOf(dims)} for ${shapeText(shape)}.`,
    );
  }
  return value(data, dims);
}

/** A shape with exactly one name of unknown size tells that size. */
function learnSize(shape: Shape, length: number, sizes: { [name: string]: number }): void {
  const unknown = shape.filter((dim): dim is string => typeof dim === "string" && sizes[dim] === undefined);
  const [name] = unknown;
  if (name === undefined) return;
  invariant(unknown.length === 1, `one dimension of ${shapeText(shape)} may be open`);
  const rest = resolveShape(
    shape.filter((dim) => dim !== name),
    sizes,
  );
  const size = length / Math.max(1, sizeOf(rest));
  if (!Number.isInteger(size)) throw new Refusal("invalid_data", `${length} numbers do not fill ${shapeText(shape)}.`);
  sizes[name] = size;
}
