import type { Tensor } from "../graph/tensor.ts";
import { type Initializer, uniform } from "./initializers.ts";
import type { Scope } from "./model.ts";

export interface EmbeddingOptions {
  /** How many ids there are. */
  readonly rows: number;
  readonly width: number;
  /** Default uniform in ±0.05. */
  readonly initial?: Initializer;
}

/**
 * The row of each id: integers [...any] from 0 to rows - 1 → [...any, width]. Parameter `name` [rows, width]; weight decay
 * spares it, as most rows are not read in a step.
 */
export function embedding(scope: Scope, name: string, ids: Tensor, options: EmbeddingOptions): Tensor {
  const { rows, width, initial = uniform(0.05) } = options;
  return scope.parameter(name, [rows, width], { initial, decays: false }).gatherRows(ids);
}
