import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeEachEngine } from "../store/testing/engines.ts";
import { createDataset } from "./datasets.ts";
import { exportJsonl, readExamples } from "./examples.ts";
import { rulesOf } from "./kinds.ts";
import { parts } from "./splits.ts";
import { labelOfSpans, parseSpans } from "./spans/spans.ts";
import { setUpDesk } from "./testing/desk.ts";
import type { DatasetVersion } from "./versions.ts";

describe("a text in which spans have their places", () => {
  const { prepare, redact } = rulesOf("text-spans", undefined);
  const chars = (text: string): number => Array.from(text).length;
  const preparedOf = (text: string): string => {
    const prepared = prepare(text);
    return prepared.ok ? prepared.input : "";
  };

  it("keeps the place of every character, and preparing or blocking out again changes nothing", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1 }), (text) => {
        const prepared = preparedOf(text);
        if (prepared === "") return;
        expect(chars(prepared)).toBe(chars(text));
        expect(preparedOf(prepared)).toBe(prepared);
        expect(redact(redact(prepared))).toBe(redact(prepared));
        expect(chars(redact(prepared))).toBe(chars(prepared));
      }),
    );
  });

  it("loses nothing but what cannot be seen, and blocks out as many characters as stood there", () => {
    expect(preparedOf("  two\r\nlines\t\u202eand 😀 ")).toBe("  two \nlines  and 😀 ");
    expect(redact("Write to jane@example.com now")).toBe(`Write to ${"█".repeat(16)} now`);
  });

  it("spans come back in order from whatever order and form they had, or not at all", () => {
    const offsets = fc.uniqueArray(fc.integer({ min: 0, max: 40 }), { minLength: 2, maxLength: 12 });
    fc.assert(
      fc.property(offsets, fc.boolean(), (found, asLists) => {
        const at = found.toSorted((a, b) => a - b);
        const spans = at.slice(1).map((end, i) => ({ start: at[i] ?? 0, end, label: "x" }));
        const written = spans.toReversed().map((span) => (asLists ? [span.start, span.end, span.label] : span));
        expect(parseSpans("x".repeat(40), JSON.stringify(written))).toEqual({ ok: true, spans });
        const [first] = spans;
        const twice = parseSpans("x".repeat(40), JSON.stringify([...written, first]));
        expect(twice).toEqual({ ok: false, reason: "spans_overlap" });
      }),
    );
  });
});

describeEachEngine("kinds for labelling", (stores) => {
  const desk = setUpDesk(stores);
  const jsonl = (name: string, rows: readonly unknown[]): string =>
    desk.file(name, rows.map((row) => JSON.stringify(row)).join("\n"));
  const inputsOf = async (version: DatasetVersion): Promise<[string, string | undefined][]> => {
    const all = await Promise.all(parts.map((part) => readExamples(desk.store, version, part)));
    return all.flat().map(({ input, label }) => [input, label]);
  };
  const exported = async (version: DatasetVersion): Promise<Record<string, unknown>[]> => {
    const lines: string[] = [];
    for (const part of parts) for await (const chunk of exportJsonl(desk.store, version, part)) lines.push(chunk);
    return lines
      .flatMap((chunk) => chunk.trim().split("\n"))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  };

  it("pairs come from two columns, of a CSV by names of their own, and go out as they came in", async () => {
    await createDataset(desk.deps, { name: `${desk.dataset}-pairs`, kind: "text-pairs" });
    const csv = desk.file(
      "pairs.csv",
      "question,left,right,verdict\nHow?,So.,Thus.,a\nWhy?,,Because.,b\nWho?,Ann,Bob,tie\n",
    );
    const into = { dataset: `${desk.dataset}-pairs` };
    const { version, report } = await desk.importing(csv, {
      ...into,
      input: "question",
      columns: ["left", "right"],
      label: "verdict",
    });
    expect(report.rejections.listed).toEqual([{ file: "pairs.csv", row: 3, column: "a", reason: "missing_input" }]);
    expect(await inputsOf(version)).toEqual(
      expect.arrayContaining([
        ['{"a":"So.","b":"Thus.","prompt":"How?"}', "a"],
        ['{"a":"Ann","b":"Bob","prompt":"Who?"}', "tie"],
      ]),
    );
    const again = await desk.importing(jsonl("again.jsonl", await exported(version)), into);
    expect(again.outcome).toBe("unchanged");
    const odd = desk.file("odd.csv", "a,label\nx,y\n");
    expect((await desk.refusalOf(odd, into)).message).toContain('has no column "b"');
    expect((await desk.refusalOf(csv, { ...into, columns: ["left"] })).message).toContain(
      "holds pairs, which are two columns",
    );
  });

  it("pairs that answer the same never straddle two splits", async () => {
    await createDataset(desk.deps, { name: `${desk.dataset}-prompts`, kind: "text-pairs" });
    const rows = Array.from({ length: 60 }, (_, i) => ({ prompt: `Question ${i % 12}`, a: `yes ${i}`, b: `no ${i}` }));
    const { version } = await desk.importing(jsonl("prompts.jsonl", rows), { dataset: `${desk.dataset}-prompts` });
    const splits = new Map<string, Set<string>>();
    for (const part of parts) {
      for (const { group } of await readExamples(desk.store, version, part)) {
        splits.set(group, (splits.get(group) ?? new Set()).add(part));
      }
    }
    expect(splits.size).toBe(12);
    expect([...splits.values()].every(({ size }) => size === 1)).toBe(true);
  });

  it("spans are checked against their text: a table of what must not come in", async () => {
    await createDataset(desk.deps, { name: `${desk.dataset}-spans`, kind: "text-spans" });
    const into = { dataset: `${desk.dataset}-spans` };
    const text = "😀 Ada lives in Ulm";
    const ada = { start: 2, end: 5, label: "person" };
    const bad: readonly [unknown, string][] = [
      ["nonsense", "spans_not_a_list"],
      [[{ start: 2, end: 5 }], "broken_span"],
      [[7], "broken_span"],
      [[{ ...ada, start: 5 }], "span_outside"],
      [[{ ...ada, end: 21 }], "span_outside"],
      [[ada, { start: 4, end: 8, label: "verb" }], "spans_overlap"],
      [[{ ...ada, start: 3, end: 6, text: "Ada" }], "span_text_differs"], // counted in UTF-16 units
      [[{ ...ada, label: " " }], "missing_label"],
    ];
    const good = [
      { text: `${text}.`, spans: [{ ...ada, text: "Ada" }] },
      {
        text: `${text}!`,
        spans: [
          [15, 18, "place"],
          [2, 5, "person"],
        ],
      },
      { text: `${text}?`, spans: [] },
      { text: `${text}…` },
    ];
    const rows = [...good, ...bad.map(([spans], i) => ({ text: `${text} ${i}`, spans }))];
    const { version, report } = await desk.importing(jsonl("spans.jsonl", rows), into);
    expect(report.rejections.listed.map(({ row, reason }) => [row, reason])).toEqual(
      bad.map(([, reason], i) => [good.length + i + 1, reason]),
    );
    expect(version.labels).toEqual(["person", "place"]);
    expect(new Map(await inputsOf(version))).toEqual(
      new Map([
        [`${text}.`, labelOfSpans([ada])],
        [`${text}!`, labelOfSpans([ada, { start: 15, end: 18, label: "place" }])],
        [`${text}?`, "[]"],
        [`${text}…`, undefined],
      ]),
    );
    const out = await exported(version);
    expect(out.find((row) => row["text"] === `${text}!`)?.["spans"]).toEqual([
      { ...ada, text: "Ada" },
      { start: 15, end: 18, label: "place", text: "Ulm" },
    ]);
    expect((await desk.importing(jsonl("again.jsonl", out), into)).outcome).toBe("unchanged");
  });
});
