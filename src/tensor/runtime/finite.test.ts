import { expect, test } from "vitest";
import { createArena } from "./arena.ts";
import { compileFiniteCheck } from "./finite.ts";

test("a single number that is not finite is found wherever it lies", () => {
  const arena = createArena([92]);
  const data = arena.floats(92); // 92 floats: five turns of the loop and three vectors
  const isFinite = compileFiniteCheck(arena.memory);
  for (let i = 0; i < data.length; i++) data[i] = (i - 40) * 6e36;
  expect(isFinite(data)).toBe(true);
  expect(isFinite(data.subarray(0, 0))).toBe(true);
  for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    for (let i = 0; i < data.length; i++) {
      const before = data[i]!;
      data[i] = wrong;
      expect(isFinite(data), `${wrong} at ${i}`).toBe(false);
      data[i] = before;
    }
  }
  expect(() => isFinite(data.subarray(0, 3))).toThrow("whole vectors");
});
