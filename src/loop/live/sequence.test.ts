import { expect, it } from "vitest";
import { type Random, seededRandom } from "../../kernel/random.ts";
import { type Sequence, beginning, boundsOf, differenceOf, observe } from "./sequence.ts";

const alpha = 0.05;

/** Champion and challenger answer by turns of chance; whoever looks, looks after each answer. */
function stream(random: Random, length: number, rates: readonly [number, number], share: number) {
  const arms: [Sequence, Sequence] = [beginning, beginning];
  const looks: { readonly low: number; readonly high: number; readonly arms: readonly [Sequence, Sequence] }[] = [];
  for (let i = 0; i < length; i++) {
    const arm = random.next() < share ? 1 : 0;
    arms[arm] = observe(arms[arm], random.next() < rates[arm] ? 1 : 0);
    looks.push({ ...differenceOf(arms[0], arms[1], alpha), arms: [arms[0], arms[1]] });
  }
  return looks;
}

it.each([
  [0.5, 0.5],
  [0.9, 0.2],
  [0.98, 0.5],
])("of two that are right at %f alike, hardly ever is one called better, however often one looks", (rate, share) => {
  const random = seededRandom(`null ${rate} ${share}`);
  const streams = 100;
  let wrong = 0;
  for (let i = 0; i < streams; i++) {
    if (stream(random, 1_000, [rate, rate], share).some(({ low, high }) => low > 0 || high < 0)) wrong += 1;
  }
  expect(wrong).toBeLessThanOrEqual(alpha * streams);
});

it("one mean is covered at all times together, also one that drifts, and not only because the interval is wide", () => {
  const random = seededRandom("means");
  const streams = 300;
  let missed = 0;
  let missedByWald = 0;
  for (let i = 0; i < streams; i++) {
    let seen = beginning;
    let means = 0;
    let [out, outByWald] = [false, false];
    for (let t = 1; t <= 1_000; t++) {
      const mean = 0.8 + 0.15 * Math.sin(t / 200);
      means += mean;
      seen = observe(seen, random.next() < mean ? 1 : 0);
      const { low, high, value } = boundsOf(seen, alpha);
      out ||= means / t < low || means / t > high;
      outByWald ||= t > 30 && Math.abs(means / t - value) > 1.96 * Math.sqrt((value * (1 - value)) / t);
    }
    missed += out ? 1 : 0;
    missedByWald += outByWald ? 1 : 0;
  }
  expect(missed).toBeLessThanOrEqual(alpha * streams);
  expect(missedByWald).toBeGreaterThan(3 * alpha * streams); // what looking every time does to an interval for one look
});

it.each([
  ["better", [0.8, 0.9], 1],
  ["worse", [0.9, 0.8], -1],
] as const)("a challenger that is truly %s by ten points is found, and by no more than that", (_, rates, sign) => {
  const random = seededRandom(`planted ${sign}`);
  const last = stream(random, 6_000, rates, 0.5).at(-1);
  const [near, far] = sign > 0 ? [last?.low, last?.high] : [-(last?.high ?? 0), -(last?.low ?? 0)];
  expect(near).toBeGreaterThan(0);
  expect(near).toBeLessThan(0.1);
  expect(far).toBeGreaterThan(0.1);
});

it("knows nothing before the first answer, and stays within what is possible", () => {
  expect(differenceOf(beginning, beginning, alpha)).toEqual({ value: 0, low: -1, high: 1 });
  let all = beginning;
  for (let i = 0; i < 100; i++) all = observe(all, 1);
  const { low, high } = boundsOf(all, alpha);
  expect(high).toBe(1);
  expect(low).toBeGreaterThan(0.8);
});
