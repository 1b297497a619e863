import { expect } from "vitest";
import { importOnnx } from "../import/import-onnx.ts";
import { exportOnnx } from "../model/export.ts";
import { defineModel } from "../model/model.ts";
import { openSession, type Values } from "../runtime/runtime.ts";

async function run(bytes: Uint8Array, feeds: Values): Promise<Values> {
  const session = await openSession(bytes);
  const known = new Set(session.inputs.map(({ name }) => name));
  const outputs = await session.run(Object.fromEntries(Object.entries(feeds).filter(([name]) => known.has(name))));
  await session.release();
  return outputs;
}

/** The graph read in and written out again, with the file's own dimension names but one for each axis. */
function again(bytes: Uint8Array): Uint8Array {
  const graph = importOnnx(bytes);
  const model = defineModel("again", (scope) => {
    const feeds = graph.inputs.map(({ name, type, shape }) => {
      const dims = shape.map((dim, axis) => (typeof dim === "number" ? dim : (["batch", "length"][axis] ?? dim)));
      return [name, scope.input(name, dims, { type })] as const;
    });
    return graph.apply(scope, "g", Object.fromEntries(feeds));
  });
  return exportOnnx(model, graph.weightsAs("g"));
}

/** A graph that was read in and written out again answers as the original does. */
export async function expectSameAnswers(bytes: Uint8Array, feeds: Values): Promise<void> {
  const [original, ours] = [await run(bytes, feeds), await run(again(bytes), feeds)];
  for (const [name, { dims, data }] of Object.entries(original)) {
    expect(ours[name]?.dims, name).toEqual(dims);
    for (const [i, wanted] of data.entries())
      expect(Number(ours[name]?.data[i]), `${name}[${i}]`).toBeCloseTo(Number(wanted), 4);
  }
}
