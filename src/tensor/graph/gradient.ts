import { invariant, must } from "../../kernel/errors.ts";
import { gradientRuleOf } from "./gradient-rules.ts";
import { topological } from "./to-onnx.ts";
import { constant, type Tensor } from "./tensor.ts";

/**
 * d loss / d x for each x of `of`, by reverse accumulation. The loss is a float32 scalar; a tensor the loss does not
 * depend on is a mistake and throws. The results are ordinary tensors and can be differentiated again.
 */
export function gradients(loss: Tensor, of: readonly Tensor[]): Tensor[] {
  invariant(loss.rank === 0 && loss.type === "float32", "a loss is a float32 scalar");
  const order = topological([loss]);
  const wanted = new Set<Tensor>(of);
  for (const tensor of order) if (tensor.inputs.some((input) => wanted.has(input))) wanted.add(tensor);

  const sums = new Map<Tensor, Tensor>([[loss, constant(1)]]);
  for (const y of order.reverse()) {
    const g = sums.get(y);
    if (!g || !wanted.has(y) || y.inputs.length === 0) continue;
    const contributions: readonly (Tensor | null)[] = gradientRuleOf(y.kind)(y, g);
    for (const [i, input] of y.inputs.entries()) {
      const part = contributions[i];
      if (!part || !wanted.has(input)) continue;
      const sofar = sums.get(input);
      sums.set(input, sofar ? sofar.add(part) : part);
    }
  }
  return of.map((x) => must(sums.get(x), "the loss depends on what it is differentiated by"));
}
