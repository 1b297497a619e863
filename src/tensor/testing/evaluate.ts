import { must } from "../../kernel/errors.ts";
import type { Tensor } from "../graph/tensor.ts";
import { toOnnx } from "../graph/to-onnx.ts";
import { openSession, value, type Value } from "../runtime/runtime.ts";

export interface Numbers {
  readonly dims: readonly number[];
  readonly data: readonly number[];
}

/** Row-major numbers with a shape. */
export const numbers = (dims: readonly number[], ...data: readonly number[]): Numbers => ({ dims, data });

type Evaluator = ((feeds: { readonly [name: string]: Numbers }) => Promise<{ readonly [name: string]: Numbers }>) & {
  release(): Promise<void>;
};

/** Opens the graph of `outputs`; inputs are fed by name, in the type they declare. */
export async function evaluator(
  outputs: { readonly [name: string]: Tensor },
  options: { readonly standardOnly?: boolean } = {},
): Promise<Evaluator> {
  const session = await openSession(toOnnx({ name: "test", outputs, ...options }));
  const evaluate = async (feeds: { readonly [name: string]: Numbers }) => {
    const typed = Object.fromEntries(
      session.inputs.map(({ name, type }) => [name, typedValue(must(feeds[name], name), type)]),
    );
    const results = await session.run(typed);
    return Object.fromEntries(
      Object.entries(results).map(([name, { dims, data }]) => [name, { dims, data: Array.from(data, Number) }]),
    );
  };
  return Object.assign(evaluate, { release: () => session.release() });
}

/** One output, once. */
export async function evaluate(
  y: Tensor,
  feeds: { readonly [name: string]: Numbers } = {},
  options: { readonly standardOnly?: boolean } = {},
): Promise<Numbers> {
  const run = await evaluator({ y }, options);
  const { y: result } = await run(feeds);
  await run.release();
  return must(result, "y");
}

function typedValue({ data, dims }: Numbers, type: string): Value {
  if (type === "float32") return value(Float32Array.from(data), dims);
  if (type === "int32") return value(Int32Array.from(data), dims);
  return value(BigInt64Array.from(data, BigInt), dims);
}
