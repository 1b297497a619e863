import { must } from "../../kernel/errors.ts";
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
  /** [rows, width], and one such array per slot. */
  readonly values: Float32Array;
  readonly slots: readonly Float32Array[];
  /** The rows of a step: their ids, contents and gradients; room for every row, of which a step uses the front. */
  readonly touchedIds: Int32Array;
  readonly touchedRows: Float32Array;
  readonly touchedGradients: Float32Array;
}

/** Everything that training changes, in one arena. */
export interface TrainingMemory {
  readonly arena: Arena;
  readonly dense: DenseMemory;
  readonly tables: readonly TableMemory[];
}

export function allocate(model: BuiltModel, optimizer: Optimizer): TrainingMemory {
  const ordered = [...model.parameters].sort((a, b) => Number(b.decays) - Number(a.decays));
  const lengths = ordered.map(({ shape }) => padded(sizeOf(shape)));
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const arrays = 1 + optimizer.slots.length;
  const arena = createArena([
    ...Array.from({ length: arrays + 1 }, () => total),
    ...model.tables.flatMap(({ rows, width }) => [rows, ...Array.from({ length: arrays + 2 }, () => rows * width)]),
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
  return { arena, dense: { parameters, values, gradients, slots, decaying }, tables };
}

function allocateTable(declaration: TableDeclaration, optimizer: Optimizer, arena: Arena): TableMemory {
  const size = declaration.rows * declaration.width;
  return {
    declaration,
    values: arena.floats(size),
    slots: optimizer.slots.map(() => arena.floats(size)),
    touchedIds: arena.ints(declaration.rows),
    touchedRows: arena.floats(size),
    touchedGradients: arena.floats(size),
  };
}

/** Draws every parameter and table from its own stream, so that adding one does not change the others. */
export function initialize(memory: TrainingMemory, seed: number | string): void {
  for (const { declaration, value } of memory.dense.parameters) {
    const { name, shape, initial } = declaration;
    initial.fill(value, shape, seededRandom(`${seed}/initial/${name}`));
  }
  for (const { declaration, values } of memory.tables) {
    const { name, rows, width, initial } = declaration;
    initial.fill(values, [rows, width], seededRandom(`${seed}/initial/${name}`));
  }
}

/** Overwrites parameters and tables that `weights` names. */
export function load(memory: TrainingMemory, weights: Weights): void {
  for (const [name, data] of trainedArrays(memory)) {
    const weight = weights.get(name);
    if (!weight) continue;
    if (weight.data.length !== data.length) throw new Error(`the weights of "${name}" have another shape`);
    data.set(weight.data);
  }
}

/** A copy of every parameter and table. */
export function snapshot(memory: TrainingMemory): Weights {
  const copies = new Map<string, Weight>();
  for (const { declaration, value } of memory.dense.parameters) {
    copies.set(declaration.name, { shape: declaration.shape, data: value.slice() });
  }
  for (const { declaration, values } of memory.tables) {
    copies.set(declaration.name, { shape: [declaration.rows, declaration.width], data: values.slice() });
  }
  return copies;
}

/** The arrays behind `Weights`, by name. */
export function trainedArrays(memory: TrainingMemory): ReadonlyMap<string, Float32Array> {
  return new Map([
    ...memory.dense.parameters.map(({ declaration, value }) => [declaration.name, value] as const),
    ...memory.tables.map(({ declaration, values }) => [declaration.name, values] as const),
  ]);
}

/** Everything a checkpoint holds, in a fixed order. */
export function stateArrays(memory: TrainingMemory): Float32Array[] {
  const { dense, tables } = memory;
  return [dense.values, ...dense.slots, ...tables.flatMap(({ values, slots }) => [values].concat(slots))];
}
