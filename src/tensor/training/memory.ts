import { must, Refusal } from "../../kernel/errors.ts";
import { seededRandom } from "../../kernel/random.ts";
import { sizeOf } from "../graph/shape.ts";
import type { BuiltModel, ParameterDeclaration, TableDeclaration } from "../model/model.ts";
import type { Weight, Weights } from "../model/weights.ts";
import { type Arena, createArena } from "../runtime/arena.ts";
import type { Optimizer } from "./optimizers.ts";

/** Floats between the starts of two dense parameters: whole cache lines, so that kernels may run over all at once. */
const padded = (length: number): number => Math.ceil(length / 16) * 16;

export interface DenseParameter {
  readonly declaration: ParameterDeclaration;
  readonly value: Float32Array;
  readonly gradient: Float32Array;
}

/** All dense parameters in one array, those that decay first; gradients and slots laid out alike. */
export interface DenseMemory {
  readonly parameters: readonly DenseParameter[];
  readonly values: Float32Array;
  readonly gradients: Float32Array;
  readonly slots: readonly Float32Array[];
  /** Floats at the front that decay. */
  readonly decaying: number;
}

export interface TableMemory {
  readonly declaration: TableDeclaration;
  /** [rows, stride]: each row's values, then its slots, side by side, so that an update meets one stretch of memory. */
  readonly block: Float32Array;
  /** Floats from one row to the next. */
  readonly stride: number;
  /** Of each slot, where it begins in the block. */
  readonly slots: readonly Float32Array[];
  /** The rows of a step: their ids, contents and gradients; room for every row, of which a step uses the front. */
  readonly touchedIds: Int32Array;
  readonly touchedRows: Float32Array;
  readonly touchedGradients: Float32Array;
}

/** A parameter that no gradient changes. A statistic is overwritten after each step by what the step wrote to `next`. */
export interface FrozenParameter extends Omit<DenseParameter, "gradient"> {
  readonly next: Float32Array | undefined;
}

/** Everything that training changes, in one arena, and what it leaves as it is. */
export interface TrainingMemory {
  readonly arena: Arena;
  readonly dense: DenseMemory;
  readonly frozen: readonly FrozenParameter[];
  readonly tables: readonly TableMemory[];
}

export function allocate(model: BuiltModel, optimizer: Optimizer): TrainingMemory {
  const trained = model.parameters.filter((parameter) => parameter.trained);
  const followed = new Set(model.updates.map(({ name }) => name));
  const frozen = model.parameters
    .filter((parameter) => !parameter.trained)
    .map((declaration) => {
      const value = new Float32Array(sizeOf(declaration.shape));
      return { declaration, value, next: followed.has(declaration.name) ? value.slice() : undefined };
    });
  const ordered = trained.sort((a, b) => Number(b.decays) - Number(a.decays));
  const lengths = ordered.map(({ shape }) => padded(sizeOf(shape)));
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const arrays = 1 + optimizer.slots.length;
  const arena = createArena([
    ...Array.from({ length: arrays + 1 }, () => total),
    ...model.tables.flatMap(({ rows, width }) => [rows, rows * width * arrays, rows * width, rows * width]),
  ]);
  const values = arena.floats(total);
  const gradients = arena.floats(total);
  let at = 0;
  const parameters = ordered.map((declaration, i) => {
    const size = sizeOf(declaration.shape);
    const from = at;
    at += must(lengths[i], "a parameter has a length");
    return { declaration, value: values.subarray(from, from + size), gradient: gradients.subarray(from, from + size) };
  });
  const decaying = lengths.reduce((sum, length, i) => (ordered[i]?.decays ? sum + length : sum), 0);
  const slots = optimizer.slots.map(() => arena.floats(total));
  const tables = model.tables.map((declaration) => allocateTable(declaration, optimizer, arena));
  return { arena, dense: { parameters, values, gradients, slots, decaying }, frozen, tables };
}

function allocateTable(declaration: TableDeclaration, optimizer: Optimizer, arena: Arena): TableMemory {
  const { rows, width } = declaration;
  const stride = width * (1 + optimizer.slots.length);
  const block = arena.floats(rows * stride);
  return {
    declaration,
    block,
    stride,
    slots: optimizer.slots.map((_, i) => block.subarray((i + 1) * width)),
    touchedIds: arena.ints(rows),
    touchedRows: arena.floats(rows * width),
    touchedGradients: arena.floats(rows * width),
  };
}

/** Draws every parameter and table from its own stream, so that adding one does not change the others. */
export function initialize(memory: TrainingMemory, seed: number | string): void {
  for (const { declaration, value } of [...memory.dense.parameters, ...memory.frozen]) {
    const { name, shape, initial } = declaration;
    initial.draw(value, shape, seededRandom(`${seed}/initial/${name}`));
  }
  for (const table of memory.tables) {
    const { name, rows, width, initial } = table.declaration;
    const data = new Float32Array(rows * width);
    initial.draw(data, [rows, width], seededRandom(`${seed}/initial/${name}`));
    writeRows(table, data);
  }
}

/** Overwrites the parameters and tables of which there are weights; the others keep their first values. */
export function load(memory: TrainingMemory, weights: Weights): void {
  let found = 0;
  const dataOf = (name: string, size: number): Float32Array | undefined => {
    const data = weights.get(name)?.data;
    if (!data) return undefined;
    if (data.length !== size) {
      throw new Refusal("conflict", `"${name}" of the weights to begin with has ${data.length} numbers, not ${size}.`);
    }
    found++;
    return data;
  };
  for (const { declaration, value } of [...memory.dense.parameters, ...memory.frozen]) {
    const data = dataOf(declaration.name, value.length);
    if (data) value.set(data);
  }
  for (const table of memory.tables) {
    const { name, rows, width } = table.declaration;
    const data = dataOf(name, rows * width);
    if (data) writeRows(table, data);
  }
  if (found === 0) throw new Refusal("conflict", "The weights to begin with are not of this model.");
}

/** A copy of every parameter and table; what never changes is shared. */
export function snapshot(memory: TrainingMemory): Weights {
  const copies = new Map<string, Weight>();
  for (const { declaration, value } of memory.dense.parameters) {
    copies.set(declaration.name, { shape: declaration.shape, data: value.slice() });
  }
  for (const { declaration, value, next } of memory.frozen) {
    copies.set(declaration.name, { shape: declaration.shape, data: next ? value.slice() : value });
  }
  for (const table of memory.tables) {
    const { name, rows, width } = table.declaration;
    copies.set(name, { shape: [rows, width], data: readRows(table) });
  }
  return copies;
}

/** Everything a checkpoint holds, in a fixed order. */
export function stateArrays({ dense, frozen, tables }: TrainingMemory): Float32Array[] {
  const statistics = frozen.filter(({ next }) => next !== undefined).map(({ value }) => value);
  return [dense.values, ...dense.slots, ...statistics, ...tables.map(({ block }) => block)];
}

function writeRows({ declaration: { rows, width }, block, stride }: TableMemory, data: Float32Array): void {
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < width; i++) block[row * stride + i] = data[row * width + i] ?? 0;
  }
}

function readRows({ declaration: { rows, width }, block, stride }: TableMemory): Float32Array {
  const data = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < width; i++) data[row * width + i] = block[row * stride + i] ?? 0;
  }
  return data;
}
