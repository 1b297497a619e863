import { describe, expect, test } from "vitest";
import { Refusal } from "../../kernel/errors.ts";
import { seededRandom } from "../../kernel/random.ts";
import { createArena } from "./arena.ts";
import { add, array, compileKernel, div, max, min, mul, number, scalar, sqrt, sub } from "./kernel.ts";

/** An arena for arrays of these lengths, and a way to take them filled with numbers between 0.1 and 1.1. */
function arenaOf(...lengths: readonly number[]) {
  const arena = createArena(lengths);
  const random = seededRandom(3);
  const floats = (length: number): Float32Array => {
    const data = arena.floats(length);
    for (let i = 0; i < length; i++) data[i] = 0.1 + random.next();
    return data;
  };
  return { arena, floats };
}

describe("kernels", () => {
  test("compute a formula over flat arrays in single precision", () => {
    const { arena, floats } = arenaOf(32, 32);
    const [a, b] = [floats(32), floats(32)];
    const expected = a.map((x, i) => {
      const root = Math.fround(Math.sqrt(Math.fround(x + Math.fround(2.5))));
      return Math.fround(Math.fround(root * 3) / b[i]!) - x;
    });
    const formula = sub(div(mul(sqrt(add(array("a"), number(2.5))), scalar("k")), array("b")), array("a"));
    const run = compileKernel(
      { arrays: { a: "flat", b: "flat" }, scalars: ["k"], stores: { b: formula } },
      arena.memory,
    );
    run({ rows: 4, width: 8, arrays: { a, b }, scalars: { k: 3 } });
    expect(b).toEqual(expected);
  });

  test("min and max let not-a-number through", () => {
    const { arena, floats } = arenaOf(4);
    const a = floats(4);
    a.set([-3, 0.5, 3, Number.NaN]);
    const formula = max(number(-1), min(number(1), array("a")));
    const run = compileKernel({ arrays: { a: "flat" }, scalars: [], stores: { a: formula } }, arena.memory);
    run({ rows: 1, width: 4, arrays: { a }, scalars: {} });
    expect(a).toEqual(Float32Array.of(-1, 0.5, 1, Number.NaN));
  });

  test("every formula is computed before anything is stored", () => {
    const { arena, floats } = arenaOf(4, 4);
    const [a, b] = [floats(4), floats(4)];
    const [before, other] = [a.slice(), b.slice()];
    const run = compileKernel(
      { arrays: { a: "flat", b: "flat" }, scalars: [], stores: { a: array("b"), b: array("a") } },
      arena.memory,
    );
    run({ rows: 1, width: 4, arrays: { a, b }, scalars: {} });
    expect([a, b]).toEqual([other, before]);
  });

  test("row arrays are read and written at the rows that the ids name, with a stride", () => {
    const { arena, floats } = arenaOf(5 * 12, 3 * 4, 3);
    const [table, flat, ids] = [floats(60), floats(12), arena.ints(3)];
    ids.set([4, 0, 2]);
    const expected = table.slice();
    for (const [i, id] of [4, 0, 2].entries()) for (let k = 0; k < 4; k++) expected[id * 12 + k]! += flat[i * 4 + k]!;
    const run = compileKernel(
      { arrays: { table: "row", flat: "flat" }, scalars: [], stores: { table: add(array("table"), array("flat")) } },
      arena.memory,
    );
    run({ rows: 3, width: 4, stride: 12, ids, arrays: { table, flat }, scalars: {} });
    expect(table).toEqual(expected);
  });

  test("arrays of another memory, ragged rows and missing ids are bugs", () => {
    const { arena, floats } = arenaOf(8);
    const data = floats(8);
    const copy = compileKernel({ arrays: { a: "row" }, scalars: [], stores: { a: array("a") } }, arena.memory);
    const ids = Int32Array.of(0);
    expect(() => copy({ rows: 1, width: 4, ids, arrays: { a: new Float32Array(8) }, scalars: {} })).toThrow(
      "lie in its memory",
    );
    expect(() => copy({ rows: 1, width: 6, ids, arrays: { a: data }, scalars: {} })).toThrow("whole vectors");
    expect(() => copy({ rows: 2, width: 4, ids, arrays: { a: data }, scalars: {} })).toThrow("an id for each row");
  });
});

describe("arena", () => {
  test("arrays begin at cache lines, are zero, and share one buffer", () => {
    const arena = createArena([3, 5]);
    const [a, b] = [arena.floats(3), arena.ints(5)];
    expect([a.byteOffset % 64, b.byteOffset % 64, a.buffer === b.buffer]).toEqual([0, 0, true]);
    expect([...a, ...b]).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
    expect(() => arena.floats(1000)).toThrow("were declared");
  });

  test("more than four gigabytes are refused", () => {
    expect(() => createArena([1.2e9])).toThrow(Refusal);
  });
});
