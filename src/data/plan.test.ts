import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { must } from "../kernel/errors.ts";
import { sha256 } from "../kernel/hash.ts";
import type { Id } from "../kernel/ids.ts";
import { nearDuplicateJaccardMin } from "./near/groups.ts";
import { sketchOf } from "./near/minhash.ts";
import { jaccard, shinglesOf } from "./near/shingles.ts";
import { type Fate, type Known, type PlanRules, planFates } from "./plan.ts";
import type { Split } from "./splits.ts";

const rules: PlanRules = {
  seed: "1",
  validation: 0.2,
  test: 0.3,
  testIsFrozen: false,
  relabels: false,
  takesFromPool: false,
  take: undefined,
};

interface Row {
  readonly text: string;
  readonly label: string;
}

const row = (text: string, label = "a"): Row => ({ text, label });

async function plan(
  known: readonly Known[],
  knownTexts: readonly string[],
  rows: readonly Row[],
  change: Partial<PlanRules> = {},
): Promise<Fate[]> {
  const texts = [...knownTexts, ...rows.map(({ text }) => text)];
  const incoming = rows.map(({ text, label }) => ({
    inputHash: sha256(text),
    contentHash: sha256(text + label),
    label,
    sketch: sketchOf(shinglesOf(text)),
  }));
  return planFates(
    known,
    incoming,
    { ...rules, testIsFrozen: known.length > 0, ...change },
    { shinglesAt: async (i) => shinglesOf(must(texts[i], "a text")) },
  );
}

/** Plays versions one after the other, as the database would remember them. */
async function play(
  batches: readonly (readonly Row[])[],
  change: Partial<PlanRules> = {},
): Promise<{ known: Known[]; texts: string[] }> {
  const known: Known[] = [];
  const texts: string[] = [];
  for (const batch of batches) {
    const rows = [...new Map(batch.map((one) => [one.text, one])).values()];
    const fates = await plan(known, texts, rows, change);
    for (const [i, fate] of fates.entries()) {
      const { text, label } = must(rows[i], "a row");
      if (fate.kind !== "added") continue;
      known.push({
        id: `ex_${texts.length}` as Id<"example">,
        inputHash: sha256(text),
        contentHash: sha256(text + label),
        label,
        group: fate.group,
        split: fate.split,
        part: fate.part,
        ordinal: texts.length,
        sketch: sketchOf(shinglesOf(text)),
      });
      texts.push(text);
    }
  }
  return { known, texts };
}

// A handful of long sentences, each in variants: few groups, many near-duplicates and bridges between them.
const words =
  "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau upsilon".split(
    " ",
  );
const texts = fc
  .tuple(fc.integer({ min: 0, max: 5 }), fc.array(fc.integer({ min: 0, max: 39 }), { maxLength: 2 }))
  .map(([topic, changes]) => {
    const sentence = Array.from({ length: 40 }, (_, i) => `${words[(i * (topic + 1)) % words.length]}${topic}`);
    for (const at of changes) sentence[at] = `other${at}`;
    return row(sentence.join(" "));
  });
const batches = fc.array(fc.array(texts, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 4 });

describe("splits, whatever is added in whatever order", () => {
  it("no two near-duplicates are in different splits, held aside", async () => {
    await fc.assert(
      fc.asyncProperty(batches, async (added) => {
        const { known, texts } = await play(added);
        for (let i = 0; i < known.length; i++) {
          for (let j = 0; j < i; j++) {
            const [a, b] = [must(known[i], "i").split, must(known[j], "j").split];
            if (a === b || a === "held" || b === "held") continue;
            expect(jaccard(shinglesOf(texts[i]!), shinglesOf(texts[j]!))).toBeLessThan(nearDuplicateJaccardMin);
          }
        }
      }),
      { seed: 7, numRuns: 150 },
    );
  });

  it("a group is in one split", async () => {
    await fc.assert(
      fc.asyncProperty(batches, async (added) => {
        const splits = new Map<string, Set<Split>>();
        for (const { group, split } of (await play(added)).known) {
          if (split === "held") continue;
          splits.set(group, (splits.get(group) ?? new Set()).add(split));
        }
        expect([...splits.values()].every((set) => set.size === 1)).toBe(true);
      }),
      { seed: 7, numRuns: 150 },
    );
  });

  it("adding examples moves none and lets none into the frozen test", async () => {
    await fc.assert(
      fc.asyncProperty(batches, fc.array(texts, { minLength: 1, maxLength: 12 }), async (added, more) => {
        const before = (await play(added)).known;
        const after = (await play([...added, more])).known;
        expect(after.slice(0, before.length)).toEqual(before);
        expect(after.slice(before.length).filter(({ split }) => split === "test")).toEqual([]);
      }),
      { seed: 7, numRuns: 100 },
    );
  });

  it("the order of rows does not matter, nor does it with take", async () => {
    const outcome = ({ known }: { known: Known[] }): string[] =>
      known.map(({ inputHash, group, split, part }) => `${inputHash} ${group} ${split} ${part}`).sort();
    await fc.assert(
      fc.asyncProperty(fc.array(texts, { minLength: 1, maxLength: 25 }), async (rows) => {
        const take = { count: 5, seed: "3" };
        expect(outcome(await play([[...rows].reverse()]))).toEqual(outcome(await play([rows])));
        expect(outcome(await play([[...rows].reverse()], { take }))).toEqual(outcome(await play([rows], { take })));
      }),
      { seed: 7, numRuns: 100 },
    );
  });

  it("shares come out as asked, and another seed draws others", async () => {
    const rows = Array.from({ length: 1_500 }, (_, i) => row(`row number ${i} of a large table about ${i * 7}`));
    const sizes = (known: readonly Known[]): Record<string, number> =>
      Object.fromEntries(
        (["train", "validation", "test"] as const).map((split) => [
          split,
          known.filter((one) => one.split === split).length,
        ]),
      );
    const first = (await play([rows])).known;
    const { train, validation, test } = sizes(first);
    expect(train! / 1_500).toBeCloseTo(0.5, 1);
    expect(validation! / 1_500).toBeCloseTo(0.2, 1);
    expect(test! / 1_500).toBeCloseTo(0.3, 1);
    const second = (await play([rows], { seed: "2" })).known;
    expect(second.map(({ split }) => split)).not.toEqual(first.map(({ split }) => split));
  });
});

describe("rows near what the dataset has", () => {
  const sentence = Array.from({ length: 40 }, (_, i) => `word${i}`).join(" ");
  const known = (split: Split, text: string, more: Partial<Known> = {}): Known => ({
    id: `ex_${split}${text.length}` as Id<"example">,
    inputHash: sha256(text),
    contentHash: sha256(`${text}a`),
    label: "a",
    group: `group of ${split}`,
    split,
    part: split,
    ordinal: 0,
    sketch: sketchOf(shinglesOf(text)),
    ...more,
  });
  const fateNear = async (splits: readonly Split[]): Promise<Fate> => {
    // a shared middle of 36 words with other ends: each known one is near the row; known ones may be near each other
    const texts = splits.map((_, i) => `begin${i} ${sentence} end${i}`);
    const fates = await plan(
      splits.map((split, i) => known(split, texts[i]!)),
      texts,
      [row(sentence)],
    );
    return must(fates[0], "a fate");
  };

  it.each([
    [["train"], "train"],
    [["validation"], "validation"],
    [["test"], "held"],
    [["held"], "held"],
    [["train", "train"], "train"],
    [["train", "validation"], "held"],
    [["train", "test"], "held"],
    [["train", "held"], "held"],
  ] as [Split[], Split][])("a row near %j becomes %s", async (near, becomes) => {
    expect(await fateNear(near)).toMatchObject({ kind: "added", split: becomes, part: becomes });
  });

  it("a row near a row near the frozen test is held too", async () => {
    const test = `v1 v2 v3 ${sentence}`;
    const near = `${sentence} w1 w2 w3`;
    const nearNear = `${sentence.slice(sentence.indexOf("word3"))} w1 w2 w3 w4`;
    expect(jaccard(shinglesOf(test), shinglesOf(nearNear))).toBeLessThan(nearDuplicateJaccardMin);
    const fates = await plan([known("test", test)], [test], [row(nearNear), row(near)]);
    expect(fates.map((fate) => fate.kind === "added" && fate.split)).toEqual(["held", "held"]);
  });

  it("an example that left still guards: what is near a removed test example is held", async () => {
    const text = `begin ${sentence}`;
    const fates = await plan([known("test", text, { part: undefined })], [text], [row(sentence)]);
    expect(fates).toMatchObject([{ kind: "added", split: "held" }]);
  });
});

describe("rows the dataset has already", () => {
  const text = "the same text again and again";
  const there = (more: Partial<Known>): Known => ({
    id: "ex_1",
    inputHash: sha256(text),
    contentHash: sha256(`${text}a`),
    label: "a",
    group: "g",
    split: "train",
    part: "train",
    ordinal: 0,
    sketch: sketchOf(shinglesOf(text)),
    ...more,
  });
  const review = { relabels: true, takesFromPool: true };
  it.each([
    ["an import with the same label changes nothing", {}, "a", {}, { kind: "unchanged" }],
    ["an import with another label is refused", {}, "b", {}, { kind: "refused", reason: "conflict" }],
    ["an import leaves the pool alone", { part: "pool" }, "a", {}, { kind: "unchanged" }],
    ["a review with the same label changes nothing", {}, "a", review, { kind: "unchanged" }],
    [
      "a review with another label corrects it",
      {},
      "b",
      review,
      { kind: "relabelled", part: "train", revives: undefined },
    ],
    [
      "a review takes it out of the pool, to its own split",
      { part: "pool", split: "validation" },
      "a",
      review,
      { kind: "returned", part: "validation" },
    ],
    [
      "a review takes it out of the pool with another label",
      { part: "pool" },
      "b",
      review,
      { kind: "relabelled", part: "train" },
    ],
    [
      "a review cannot touch the frozen test",
      { part: "test", split: "test" },
      "b",
      review,
      { kind: "refused", reason: "frozen_test" },
    ],
    [
      "what is held stays held when corrected",
      { part: "held", split: "held" },
      "b",
      review,
      { kind: "relabelled", part: "held" },
    ],
    [
      "what had left comes back to where it was",
      { part: undefined, split: "test" },
      "a",
      {},
      { kind: "returned", part: "test" },
    ],
  ] as [string, Partial<Known>, string, Partial<PlanRules>, object][])(
    "%s",
    async (_story, known, label, change, fate) => {
      expect(await plan([there(known)], [text], [row(text, label)], change)).toMatchObject([fate]);
    },
  );

  it("a label that is corrected back revives the first example", async () => {
    const wrong = there({ id: "ex_2", label: "b", contentHash: sha256(`${text}b`) });
    const fates = await plan([there({ part: undefined }), wrong], [text, text], [row(text, "a")], review);
    expect(fates).toMatchObject([
      { kind: "relabelled", known: { id: "ex_2" }, revives: { id: "ex_1" }, part: "train" },
    ]);
  });
});

it("with take, the first of the seeded order are used, the rest waits, and the test is drawn over all", async () => {
  const rows = Array.from({ length: 300 }, (_, i) => row(`row number ${i} about ${i * 13} and ${i * i}`));
  const parts = async (take?: PlanRules["take"]): Promise<Map<string, string>> =>
    new Map(
      (await plan([], [], rows, { take })).map((fate, i) => [
        rows[i]!.text,
        fate.kind === "added" ? fate.part : fate.kind,
      ]),
    );
  const all = await parts();
  const some = await parts({ count: 40, seed: "1" });
  const countOf = (map: Map<string, string>, part: string): number =>
    [...map.values()].filter((one) => one === part).length;
  expect(countOf(some, "train") + countOf(some, "validation")).toBe(40);
  expect(countOf(some, "test")).toBe(countOf(all, "test"));
  expect([...some].filter(([text, part]) => part !== "pool" && part !== all.get(text))).toEqual([]);
  const more = await parts({ count: 60, seed: "1" });
  expect([...some].filter(([text, part]) => part === "train" && more.get(text) !== "train")).toEqual([]);
  const other = await parts({ count: 40, seed: "2" });
  expect([...other].filter(([, part]) => part === "train")).not.toEqual(
    [...some].filter(([, part]) => part === "train"),
  );
});
