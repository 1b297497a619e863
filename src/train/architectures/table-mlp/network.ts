import { type TablePreprocessing, categoryIds, numberWidth } from "../../../models/index.ts";
import { type Scope, type Tensor, concat, dropout, glorot, he, normal, zeros } from "../../../tensor/index.ts";

export interface NetworkSettings {
  /** Small networks side by side, whose answers are averaged. */
  readonly members: number;
  /** Units of each member's hidden layers. */
  readonly units: number;
  readonly layers: number;
  /** Numbers that a category's value becomes. */
  readonly width: number;
  readonly dropout: number;
}

/**
 * Numbers and embedded categories through a linear layer and, beside it, `members` perceptrons, as one graph
 * (wide and deep, Cheng et al. 2016; deep ensembles, Lakshminarayanan et al. 2017) → [members, batch, outputs].
 */
export function tableNetwork(
  scope: Scope,
  preprocessing: TablePreprocessing,
  settings: NetworkSettings,
  outputs: number,
): Tensor {
  const { members, units, layers, dropout: rate } = settings;
  const x = rowTensor(scope, preprocessing, settings.width); // [batch, features]
  const features = x.dim(-1);
  const first = scope.parameter("first.kernel", [features, members * units], { initial: he });
  const bias = scope.parameter("first.bias", [members * units], { initial: zeros });
  const wide = dropout(scope, "first.dropout", x.matmul(first).add(bias).relu(), rate);
  let h = wide.reshape(["batch", members, units]).transpose([1, 0, 2]); // [members, batch, units]
  for (let layer = 1; layer < layers; layer++) {
    const kernel = scope.parameter(`deep${layer}.kernel`, [members, units, units], {
      initial: normal(Math.sqrt(2 / units)),
    });
    const offset = scope.parameter(`deep${layer}.bias`, [members, 1, units], { initial: zeros, decays: false });
    h = dropout(scope, `deep${layer}.dropout`, h.matmul(kernel).add(offset).relu(), rate);
  }
  const last = scope.parameter("last.kernel", [members, units, outputs], { initial: normal(Math.sqrt(1 / units)) });
  const lastBias = scope.parameter("last.bias", [members, 1, outputs], { initial: zeros, decays: false });
  const linear = scope.parameter("linear.kernel", [features, outputs], { initial: glorot });
  return h.matmul(last).add(lastBias).add(x.matmul(linear)); // the linear part is every member's
}

/** [batch, numbers + columns · width] */
function rowTensor(scope: Scope, preprocessing: TablePreprocessing, width: number): Tensor {
  const columns = preprocessing.categories.length;
  const parts: Tensor[] = [];
  if (numberWidth(preprocessing) > 0) parts.push(scope.input("numbers", ["batch", numberWidth(preprocessing)]));
  if (columns > 0) {
    const ids = scope.input("categories", ["batch", columns], { type: "int32" });
    const table = scope.parameter("embedding", [categoryIds(preprocessing), width], { initial: normal(0.3) });
    parts.push(table.gatherRows(ids).reshape(["batch", columns * width]));
  }
  const [only] = parts;
  return parts.length === 1 && only ? only : concat(parts, 1);
}
