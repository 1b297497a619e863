import type { Tensor } from "../graph/tensor.ts";
import { type Initializer, uniform } from "./initializers.ts";
import type { Scope } from "./model.ts";

export interface EmbeddingOptions {
  /** How many ids there are. */
  readonly rows: number;
  readonly width: number;
  /** Default uniform in ±0.05. */
  readonly initial?: Initializer;
  /**
   * `dense` (the default): an optimizer moves every row in every step, as PyTorch's `nn.Embedding` does; a row's moments
   * decay in steps that do not read it. `sparse`: only rows that a batch reads are moved, and their moments rest meanwhile;
   * for tables so large that walking over all of them is what a step costs. Then `ids` is an int32 input of the model and
   * the width a multiple of 4.
   */
  readonly update?: "dense" | "sparse";
}

/**
 * The row of each id: integers [...any] from 0 to rows - 1 → [...any, width]. Parameter or table `name` [rows, width];
 * weight decay spares it while it is dense, as most rows are not read in a step.
 */
export function embedding(scope: Scope, name: string, ids: Tensor, options: EmbeddingOptions): Tensor {
  const { rows, width, initial = uniform(0.05), update = "dense" } = options;
  if (update === "sparse") return scope.tableRows(name, ids, { rows, width, initial });
  return scope.parameter(name, [rows, width], { initial, decays: false }).gatherRows(ids);
}
