import { invariant } from "../../kernel/errors.ts";
import { type ElementType, resolveShape, type Shape } from "../graph/shape.ts";
import { input, parameter, type Tensor } from "../graph/tensor.ts";
import { glorot, type Initializer, uniform } from "./initializers.ts";
import type { Weight, Weights } from "./weights.ts";

/**
 * What a definition is built for. `train`: dropout on, tables as touched rows. `evaluate`: the same inputs, dropout off.
 * `export`: whole tables and padded ids, what the ONNX file computes.
 */
export type Mode = "train" | "evaluate" | "export";

export type Outputs = { readonly [name: string]: Tensor };

/** A name and a function that writes the graph into a scope. It must declare the same parameters in every mode. */
export interface Model {
  readonly name: string;
  readonly define: (scope: Scope) => Outputs;
}

export function defineModel(name: string, define: (scope: Scope) => Outputs): Model {
  return { name, define };
}

export interface InputDeclaration {
  readonly name: string;
  readonly shape: Shape;
  readonly type: ElementType;
  /** What every element is in a batch that does not bring this input; without it, the batch must. */
  readonly absent: number | undefined;
}
export interface ParameterDeclaration {
  readonly name: string;
  readonly shape: readonly number[];
  readonly initial: Initializer;
  /** Whether weight decay applies. */
  readonly decays: boolean;
  /** Whether training changes it. One that is not trained has neither gradient nor optimizer state. */
  readonly trained: boolean;
  /** What an export writes in its place. */
  readonly fold: ((weights: Weights) => Weight) | undefined;
}
export interface TableDeclaration {
  readonly name: string;
  readonly rows: number;
  /** Floats in a row, a multiple of 4. */
  readonly width: number;
  readonly initial: Initializer;
  /** The input whose ids it is read by; undefined where it is read by bags. */
  readonly ids: { readonly name: string; readonly shape: Shape } | undefined;
}
export interface MaskDeclaration {
  readonly name: string;
  readonly shape: Shape;
  /** Share of zeros; the rest are 1 / (1 - rate). */
  readonly rate: number;
}

/** What an array that is not trained by gradients becomes after each training step. */
export interface UpdateDeclaration {
  readonly name: string;
  readonly next: Tensor;
}

/** A model built in one mode: its graph, and what a trainer has to feed. */
export interface BuiltModel {
  readonly mode: Mode;
  readonly outputs: Outputs;
  readonly inputs: readonly InputDeclaration[];
  readonly parameters: readonly ParameterDeclaration[];
  readonly tables: readonly TableDeclaration[];
  readonly masks: readonly MaskDeclaration[];
  readonly updates: readonly UpdateDeclaration[];
}

export interface ParameterOptions {
  /** Default Glorot. */
  readonly initial?: Initializer;
  /** Default: only arrays of two or more axes decay. */
  readonly decays?: boolean;
  /** Default true. */
  readonly trained?: boolean;
  /** What an export writes in its place, from all trained arrays: adapters are folded into it. Default the array itself. */
  readonly fold?: (weights: Weights) => Weight;
}

export interface TableOptions {
  readonly rows: number;
  readonly width: number;
  /** Default uniform in ±0.05. */
  readonly initial?: Initializer;
}

/** Names of a table's feeds, besides those of the model's own inputs. */
export const tableFeeds = (table: string) => ({
  rows: `${table}.rows`, //       float32 [touched, width]
  weights: `${table}.weights`, // float32 [batch, touched], for bags
  places: `${table}.places`, //   int32 like the ids: where each one's row is among the touched
  touched: `${table}.touched`, // the dimension
});

/** What a definition declares its inputs and trained arrays in. Names are unique in a model. */
export class Scope {
  readonly mode: Mode;
  readonly inputs: InputDeclaration[] = [];
  readonly parameters: ParameterDeclaration[] = [];
  readonly tables: TableDeclaration[] = [];
  readonly masks: MaskDeclaration[] = [];
  readonly updates: UpdateDeclaration[] = [];
  private readonly names = new Set<string>();

  constructor(mode: Mode) {
    this.mode = mode;
  }

  input(name: string, shape: Shape, options: { readonly type?: ElementType; readonly absent?: number } = {}): Tensor {
    const { type = "float32", absent } = options;
    this.claim(name);
    this.inputs.push({ name, shape, type, absent });
    return input(name, shape, type);
  }

  parameter(name: string, shape: Shape, options: ParameterOptions = {}): Tensor {
    const { initial = glorot, decays = shape.length > 1, trained = true, fold } = options;
    this.claim(name);
    this.parameters.push({ name, shape: resolveShape(shape, {}), initial, decays, trained, fold });
    return parameter(name, shape);
  }

  /**
   * An array that is not trained by gradients but follows what training sees, like the running mean of a batch norm. In
   * `train`, `next` gives what it becomes after a step, from what it was.
   */
  statistic(name: string, shape: Shape, initial: Initializer, next: (was: Tensor) => Tensor): Tensor {
    const was = this.parameter(name, shape, { initial, trained: false });
    if (this.mode === "train") this.updates.push({ name, next: next(was) });
    return was;
  }

  /** The whole table [rows, width]; only in `export`. */
  table(name: string, options: TableOptions): Tensor {
    invariant(this.mode === "export", "a whole table is read in an exported graph only");
    this.declareTable(name, options, undefined);
    return parameter(name, [options.rows, options.width]);
  }

  /**
   * A table's row for each id of an int32 input of this scope: ids [...any] → [...any, width]. While training, the host
   * finds the distinct ids of a batch; their rows [touched, width] are fed and updated, the others are not looked at.
   */
  tableRows(name: string, ids: Tensor, options: TableOptions): Tensor {
    if (this.mode === "export") return this.table(name, options).gatherRows(ids);
    const source = this.inputs.find(
      (declared) => ids.kind === "input" && "name" in ids.with && declared.name === ids.with.name,
    );
    invariant(source?.type === "int32", "a table is read by an int32 input of the model");
    this.declareTable(name, options, { name: source.name, shape: source.shape });
    const feeds = tableFeeds(name);
    return input(feeds.rows, [feeds.touched, options.width]).gatherRows(input(feeds.places, source.shape, "int32"));
  }

  /** The rows of a table that a batch touches [touched, width] and the batch's weights for them [batch, touched]. */
  touchedRows(name: string, options: TableOptions): { readonly rows: Tensor; readonly weights: Tensor } {
    invariant(this.mode !== "export", "an exported graph reads whole tables");
    this.declareTable(name, options, undefined);
    const feeds = tableFeeds(name);
    return {
      rows: input(feeds.rows, [feeds.touched, options.width]),
      weights: input(feeds.weights, ["batch", feeds.touched]),
    };
  }

  /** Zeros at random and 1 / (1 - rate) elsewhere, fed anew each step; only in `train`. */
  mask(name: string, shape: Shape, rate: number): Tensor {
    invariant(this.mode === "train", "masks are for training");
    invariant(rate >= 0 && rate < 1, "a dropout rate is at least 0 and below 1");
    this.claim(name);
    this.masks.push({ name, shape, rate });
    return input(name, shape);
  }

  private declareTable(
    name: string,
    { rows, width, initial = uniform(0.05) }: TableOptions,
    ids: TableDeclaration["ids"],
  ): void {
    invariant(Number.isInteger(rows) && rows > 0, "a table has rows");
    invariant(width > 0 && width % 4 === 0, "a table's width is a multiple of 4");
    this.claim(name);
    this.tables.push({ name, rows, width, initial, ids });
  }

  private claim(name: string): void {
    invariant(name !== "" && !this.names.has(name), `the name "${name}" is used once`);
    this.names.add(name);
  }
}

/** Runs the definition; `extend` may add to the graph, as an objective adds the loss. */
export function buildModel(model: Model, mode: Mode, extend?: (outputs: Outputs, scope: Scope) => Outputs): BuiltModel {
  const scope = new Scope(mode);
  const defined = model.define(scope);
  const outputs = extend ? extend(defined, scope) : defined;
  return {
    mode,
    outputs,
    inputs: scope.inputs,
    parameters: scope.parameters,
    tables: scope.tables,
    masks: scope.masks,
    updates: scope.updates,
  };
}
