import { describe, expect, test } from "vitest";
import { nearestClassifier } from "./nearest.ts";

/** On the unit circle, by angle in degrees. */
const at = (...degrees: readonly number[]): Float32Array =>
  Float32Array.from(degrees.flatMap((angle) => [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)]));

describe("nearest examples", () => {
  const examples = { vectors: at(0, 10, 20, 90, 100), labels: [0, 0, 1, 1, 2], width: 2, classes: 3 };

  test("the nearest alone decides where one votes", () => {
    const classify = nearestClassifier(examples, { neighbours: 1 });
    expect(Array.from(classify(at(1, 19, 98)))).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1]);
  });

  test("several vote, the nearer the more", () => {
    const [first, second, third] = nearestClassifier(examples, { neighbours: 3, temperature: 0.05 })(at(12));
    expect(first! + second! + third!).toBeCloseTo(1, 6);
    expect(first).toBeGreaterThan(second!);
    expect(second).toBeGreaterThan(0.2);
    expect(third).toBe(0);
  });

  test("a description a class is zero-shot: the cosines' softmax", () => {
    const classify = nearestClassifier(
      { vectors: at(0, 90), labels: [0, 1], width: 2, classes: 2 },
      { temperature: 1 },
    );
    const [p] = classify(at(60)); // cosines 0.5 and √3/2
    expect(p).toBeCloseTo(Math.exp(0.5) / (Math.exp(0.5) + Math.exp(Math.sqrt(3) / 2)), 6);
  });
});
