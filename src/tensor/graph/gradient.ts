import { invariant, must } from "../../kernel/errors.ts";
import { outputRead, rulesOf } from "./operations.ts";
import { constant, make, type Tensor } from "./tensor.ts";
import { topological } from "./topological.ts";

/**
 * d loss / d x for each x of `of`, by reverse accumulation. The loss is a float32 scalar; a tensor the loss does not
 * depend on is a mistake and throws. The results are ordinary tensors and can be differentiated again.
 */
export function gradients(loss: Tensor, of: readonly Tensor[]): Tensor[] {
  invariant(loss.rank === 0 && loss.type === "float32", "a loss is a float32 scalar");
  const order = topological([loss]);
  const wanted = new Set<Tensor>(of);
  for (const tensor of order) if (tensor.inputs.some((input) => wanted.has(input))) wanted.add(tensor);

  const sums = new Map<Tensor, (Tensor | null)[]>([[loss, [constant(1)]]]); // one for each output
  for (const y of order.reverse()) {
    const upstream = sums.get(y);
    if (!upstream || !wanted.has(y) || y.inputs.length === 0) continue;
    const g = y.several ? upstream : must(upstream[0], "a gradient flows");
    const contributions: readonly (Tensor | null)[] = rulesOf(y.kind).gradient(y, g, make);
    for (const [i, input] of y.inputs.entries()) {
      const part = contributions[i];
      if (part && wanted.has(input)) addTo(sums, input, outputRead(y), part);
    }
  }
  return of.map((x) => must(sums.get(x)?.[0] ?? undefined, "the loss depends on what it is differentiated by"));
}

function addTo(sums: Map<Tensor, (Tensor | null)[]>, x: Tensor, output: number, part: Tensor): void {
  const list = sums.get(x) ?? x.outputs.map(() => null);
  const sofar = list[output];
  list[output] = sofar ? sofar.add(part) : part;
  sums.set(x, list);
}
