import { describe, expect, it } from "vitest";
import { bytesOfDataUrl, dataUrlOf, decodePicture } from "../../kernel/picture.ts";
import { seededRandom } from "../../kernel/random.ts";
import type { Answer, InvalidInput } from "../answer.ts";
import { type Ask, explain } from "./explain.ts";
import { renderExplanation } from "./render-explanation.ts";

const labels = ["no", "yes"];

/** A classifier by a rule: its log-odds of "yes". */
const byRule =
  (odds: (input: string) => number): Ask =>
  async (inputs) =>
    inputs.map((input): Answer | InvalidInput => {
      const p = 1 / (1 + Math.exp(-odds(input)));
      return { label: p > 0.5 ? "yes" : "no", probability: Math.max(p, 1 - p), probabilities: [1 - p, p] };
    });

const counting = (ask: Ask): { ask: Ask; asked: () => number } => {
  let asked = 0;
  return { ask: (inputs) => ((asked += inputs.length), ask(inputs)), asked: () => asked };
};

const fits = (text: string): void => {
  for (const line of text.split("\n")) expect(line.length, line).toBeLessThanOrEqual(80);
};

describe("words", () => {
  const task = "text-classification";
  const rule = byRule((text) => -2 + (/\bprize\b/i.test(text) ? 5 : 0) - (/\bmeeting\b/.test(text) ? 1 : 0));

  it("a planted word has the largest attribution, in both of its places; one that speaks against is negative", async () => {
    const text = "You won a Prize! Come to the meeting, and fetch the prize.";
    const explanation = await explain(rule, text, { task, labels });
    expect(explanation).toMatchObject({ label: "yes", answer: { label: "yes" } });
    const [first, second, third] = explanation.parts;
    expect(first?.weight).toBeCloseTo(5, 5);
    expect(first?.part).toEqual({
      kind: "word",
      text: "Prize",
      places: [
        [10, 15],
        [52, 57],
      ],
    });
    expect([second?.part, second?.weight]).toEqual([
      expect.objectContaining({ text: "meeting" }),
      expect.closeTo(-1, 5),
    ]);
    expect(third?.weight).toBeCloseTo(0, 5);
    const rendered = renderExplanation(explanation);
    fits(rendered);
    expect(rendered).toContain("Prize (2 times)");
    const other = await explain(rule, text, { task, labels, label: "no" });
    expect(other.parts[0]?.weight).toBeCloseTo(-5, 5);
  });

  it("a planted word in a long text is found with a bounded number of questions", async () => {
    const random = seededRandom(1);
    const words = Array.from({ length: 3_000 }, () => `word${random.below(2_000)}`);
    words[1_234] = "prize";
    const { ask, asked } = counting(rule);
    const { parts, asked: said } = await explain(ask, words.join(" "), { task, labels });
    expect(parts[0]?.part).toMatchObject({ text: "prize", places: [[expect.any(Number), expect.any(Number)]] });
    expect(asked()).toBe(said);
    expect(said).toBeLessThanOrEqual(160);
  });

  it("Chinese words are cut out without a gap", async () => {
    const seen: string[] = [];
    const ask: Ask = (inputs) => (seen.push(...inputs), byRule((text) => (text.includes("牛肉") ? 3 : -1))(inputs));
    const explanation = await explain(ask, "我要牛肉面", { task, labels });
    expect(explanation.parts[0]?.part).toMatchObject({ text: expect.stringContaining("牛肉") });
    expect(seen.every((text) => !text.includes(" "))).toBe(true);
    fits(renderExplanation(explanation));
  });

  it("refuses a label the model does not know, an input it does not read, and a model that writes", async () => {
    await expect(explain(rule, "a", { task, labels, label: "maybe" })).rejects.toMatchObject({
      code: "invalid_request",
    });
    const deaf: Ask = async (inputs) => inputs.map(() => ({ invalid: "too long" }));
    await expect(explain(deaf, "a", { task, labels })).rejects.toMatchObject({ message: "too long" });
    await expect(explain(rule, "a", { task: "language-model", labels })).rejects.toMatchObject({
      code: "invalid_request",
    });
  });
});

describe("columns", () => {
  const row = JSON.stringify({ age: 30, amount: 9_000, job: "cook", note: null });

  it("a planted column has the largest attribution; a missing one has none", async () => {
    const ask = byRule((input) => ((JSON.parse(input) as { amount: number | null }).amount === null ? -1 : 2));
    const explanation = await explain(ask, row, { task: "table-classification", labels });
    expect(explanation.parts.map(({ part }) => part.kind === "column" && part.name)).toEqual(["amount", "age", "job"]);
    expect(explanation.parts[0]?.weight).toBeCloseTo(3, 5);
    fits(renderExplanation(explanation));
  });

  it("of a regression the change of the value is told; a column that must be there has none", async () => {
    const ask: Ask = async (inputs) =>
      inputs.map((input) => {
        const { age, amount, job } = JSON.parse(input) as { age: number; amount: number | null; job: string | null };
        return job === null ? { invalid: "job is missing" } : { value: age + 2 * (amount ?? 1_000) };
      });
    const { parts, label } = await explain(ask, row, { task: "table-regression", labels: [] });
    expect(label).toBeNull();
    expect(parts.map(({ part, weight }) => [part.kind === "column" && part.name, weight])).toEqual([
      ["amount", 16_000],
      ["age", 30],
    ]);
  });
});

describe("patches", () => {
  it("a planted pixel lies in the most telling patch", async () => {
    const data = new Uint8Array(28 * 28).fill(40);
    data[17 * 28 + 9] = 255; // x 9, y 17
    const ask = byRule((input) => {
      const picture = decodePicture(bytesOfDataUrl(input) ?? new Uint8Array(), 1e6);
      return typeof picture === "object" && (picture.data[17 * 28 + 9] ?? 0) > 200 ? 4 : -4;
    });
    const input = dataUrlOf({ width: 28, height: 28, channels: 1, data });
    const explanation = await explain(ask, input, { task: "image-classification", labels });
    expect(explanation.parts[0]).toEqual({
      part: { kind: "patch", x: 8, y: 16, width: 2, height: 2 },
      weight: expect.closeTo(8, 5),
    });
    expect(explanation.asked).toBe(1 + 49 + 16);
    fits(renderExplanation(explanation));
  });
});
