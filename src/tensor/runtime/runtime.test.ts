import { describe, expect, test } from "vitest";
import { input } from "../graph/tensor.ts";
import { toOnnx } from "../graph/to-onnx.ts";
import { createArena } from "./arena.ts";
import { openSession, systemRuntime, value } from "./runtime.ts";

const x = input("x", ["n", 2]);
const double = toOnnx({ name: "double", outputs: { y: x.mul(2), z: x.neg() } });

describe("runtime", () => {
  test("a session says what it takes and gives, with named dimensions", async () => {
    const session = await openSession(double);
    expect(session.inputs).toEqual([{ name: "x", type: "float32", shape: ["n", 2] }]);
    expect(session.outputs.map(({ name }) => name)).toEqual(["y", "z"]);
    await session.release();
  });

  test("one session serves every size of a named dimension", async () => {
    const session = await openSession(double);
    for (const n of [1, 7, 0, 3]) {
      const { y } = await session.run({ x: value(new Float32Array(n * 2).fill(3), [n, 2]) });
      expect([y?.dims, y?.data]).toEqual([[n, 2], new Float32Array(n * 2).fill(6)]);
    }
    await session.release();
  });

  test("reads and writes views of an arena in place, and computes only what is asked for", async () => {
    const session = await openSession(double);
    const arena = createArena([4, 4, 4]);
    const [before, from, to] = [arena.floats(4), arena.floats(4), arena.floats(4)];
    from.set([1, 2, 3, 4]);
    const results = await session.run({ x: value(from, [2, 2]) }, { y: value(to, [2, 2]) });
    expect(Object.keys(results)).toEqual(["y"]);
    expect([...before, ...to]).toEqual([0, 0, 0, 0, 2, 4, 6, 8]);
    const { z } = await session.run({ x: value(from, [2, 2]) }, { z: null });
    expect(z?.data).toEqual(Float32Array.of(-1, -2, -3, -4));
    await session.release();
  });

  test("sessions are kept by the content of their file and by their options", async () => {
    const runtime = systemRuntime();
    const first = await runtime.session(double);
    expect(await runtime.session(double.slice(), { threads: 1 })).toBe(first);
    expect(await runtime.session(double, { threads: 2 })).not.toBe(first);
    await runtime.close();
  });

  test("a file that does not load is refused, and can be tried again", async () => {
    const runtime = systemRuntime();
    await expect(runtime.session(Buffer.from("x"))).rejects.toMatchObject({ code: "invalid_data" });
    await expect(runtime.session(Buffer.from("x"))).rejects.toMatchObject({ code: "invalid_data" });
    await runtime.close();
  });

  test("a value's numbers fill its shape", () => {
    expect(() => value(new Float32Array(3), [2, 2])).toThrow("do not fill");
    expect(value(BigInt64Array.of(1n)).type).toBe("int64");
    expect(value(Uint8Array.of(1)).type).toBe("bool");
  });
});
