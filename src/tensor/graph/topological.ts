import type { Tensor } from "./tensor.ts";

/** Every tensor that `roots` need, inputs first; without recursion, so a graph may be thousands of nodes deep. */
export function topological(roots: readonly Tensor[]): Tensor[] {
  const order: Tensor[] = [];
  const state = new Map<Tensor, "open" | "done">();
  const stack = [...roots].reverse();
  for (let tensor = stack.at(-1); tensor; tensor = stack.at(-1)) {
    if (state.has(tensor)) {
      stack.pop();
      if (state.get(tensor) === "open") order.push(tensor);
      state.set(tensor, "done");
      continue;
    }
    state.set(tensor, "open");
    for (const input of [...tensor.inputs].reverse()) if (!state.has(input)) stack.push(input);
  }
  return order;
}
