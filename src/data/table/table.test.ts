import path from "node:path";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { parquetWriteBuffer } from "hyparquet-writer";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../../kernel/random.ts";
import { describeEachEngine } from "../../store/testing/engines.ts";
import { createVersion } from "../change.ts";
import { createDataset, findDataset } from "../datasets.ts";
import { diffVersions } from "../diff.ts";
import { exportJsonl, readExamples } from "../examples.ts";
import { findExamples, forgetExamples } from "../forget.ts";
import { type ImportRequest, importFiles, stageImport } from "../import.ts";
import { renderReport } from "../report-text.ts";
import { parts } from "../splits.ts";
import { setUpDesk } from "../testing/desk.ts";
import { verifyVersion } from "../verify.ts";
import { numberLabel, numberOf, rawCell } from "./cells.ts";
import { prepareRow } from "./row.ts";
import type { TableShape } from "./shape.ts";

describe("what is a number", () => {
  it.each([
    ["12", 12],
    [" -3.50 ", -3.5],
    ["1e3", 1000],
    [".5", 0.5],
    ["5.", 5],
    ["0", 0],
    ["-0", 0],
    ["", null],
    ["NA", null],
    ["?", null],
    ["007", undefined],
    ["1,5", undefined],
    ["12 kg", undefined],
    ["0x10", undefined],
    ["1e999", undefined],
    ["Infinity", undefined],
  ])("%j is %j", (text, value) => {
    expect(numberOf(text)).toBe(value);
  });

  it("a number has one way to be a label, and comes back from it", () => {
    expect(["1.50", "1.5", "15e-1", "+1.5"].map(numberLabel)).toEqual(["1.5", "1.5", "1.5", "1.5"]);
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(numberLabel(String(value))).toBe(String(value + 0));
      }),
      { seed: 3 },
    );
  });

  it("what files give as cells", () => {
    expect([null, undefined, "", Number.NaN, 3n, true, new Date(0), [1], {}].map(rawCell)).toEqual([
      null,
      null,
      null,
      null,
      3,
      true,
      "1970-01-01T00:00:00.000Z",
      undefined,
      undefined,
    ]);
    expect(rawCell(2n ** 60n)).toBe("1152921504606846976");
  });
});

describe("a row has one form", () => {
  const shape: TableShape = {
    columns: [
      { name: "age", kind: "number" },
      { name: "city", kind: "category" },
    ],
    label: "class",
    target: "class",
    group: undefined,
  };
  it.each([
    ["columns in order of their names", '{"city":"Ulm","age":3}', '{"age":3,"city":"Ulm"}'],
    ["numbers as numbers", '{"age":"3.0","city":"Ulm"}', '{"age":3,"city":"Ulm"}'],
    ["categories as text", '{"age":3,"city":89073}', '{"age":3,"city":"89073"}'],
    ["a truth value as text", '{"age":3,"city":true}', '{"age":3,"city":"true"}'],
    ["missing as null", '{"age":"NA","city":" Ulm "}', '{"age":null,"city":"Ulm"}'],
    ["NA is a city", '{"age":1,"city":"NA"}', '{"age":1,"city":"NA"}'],
  ])("%s", (_story, raw, input) => {
    expect(prepareRow(raw, shape)).toEqual({ ok: true, input });
    expect(prepareRow(input, shape)).toEqual({ ok: true, input });
  });

  it.each([
    ["not JSON", "{age:3}", { reason: "not_a_row" }],
    ["a list", "[3]", { reason: "not_a_row" }],
    ["a column too few", '{"age":3}', { reason: "missing_column", column: "city" }],
    ["a column too many", '{"age":3,"city":"Ulm","zip":1}', { reason: "unknown_column", column: "zip" }],
    [
      "a name out of the prototype",
      '{"age":3,"constructor":"Ulm"}',
      { reason: "unknown_column", column: "constructor" },
    ],
    ["no number", '{"age":"old","city":"Ulm"}', { reason: "not_a_number", column: "age" }],
    ["a truth value for a number", '{"age":true,"city":"Ulm"}', { reason: "not_a_number", column: "age" }],
    ["a list in a cell", '{"age":3,"city":["Ulm"]}', { reason: "cell_not_scalar", column: "city" }],
    ["a novel in a cell", `{"age":3,"city":"${"x".repeat(1_001)}"}`, { reason: "cell_too_long", column: "city" }],
    ["nothing at all", '{"age":null,"city":""}', { reason: "empty_row" }],
  ])("refused: %s", (_story, raw, refusal) => {
    expect(prepareRow(raw, shape)).toEqual({ ok: false, ...refusal });
  });
});

/** Applicants: two numbers, two categories, a person, a class and an amount. */
function applicants(count: number, seed = 1): string {
  const random = seededRandom(seed);
  const lines = Array.from({ length: count }, (_, i) => {
    const age = 18 + random.below(60);
    const city = ["Ulm", "Bonn", "Köln"][random.below(3)];
    const income = i % 10 === 3 ? "" : 900 + random.below(4_000);
    return `${age},${income},${city},0${random.below(9)}1,person ${Math.floor(i / 3)},${age % 2 === 0 ? "good" : "bad"},${age}.50`;
  });
  return `${["age,income,city,zip,person,class,amount", ...lines].join("\n")}\n`;
}

const choice = { label: "class", columns: ["age", "income", "city", "zip"] };

describeEachEngine("tables", (stores) => {
  const desk = setUpDesk(stores);
  const makeTable = async (suffix = "t"): Promise<string> => {
    const name = `${desk.dataset}${suffix}`;
    await createDataset(desk.deps, { name, kind: "table" });
    return name;
  };
  const importing = async (content: string, more: Partial<ImportRequest> = {}): ReturnType<typeof importFiles> => {
    const dataset = more.dataset ?? (await makeTable());
    return desk.importing(desk.file("a.csv", content), { ...choice, ...more, dataset });
  };
  const all = async (version: Awaited<ReturnType<typeof importing>>["version"]) =>
    (await Promise.all(parts.map((part) => readExamples(desk.store, version, part)))).flat();

  it("numbers are numbers, codes and words are categories, and the report counts them without naming a value", async () => {
    const { version, report } = await importing(applicants(300));
    const dataset = await findDataset(desk.store, version.datasetId);
    expect(dataset.table).toEqual({
      columns: [
        { name: "age", kind: "number" },
        { name: "income", kind: "number" },
        { name: "city", kind: "category" },
        { name: "zip", kind: "category" },
      ],
      label: "class",
      target: "class",
      group: undefined,
    });
    const [example] = await readExamples(desk.store, version, "train");
    expect(Object.keys(JSON.parse(example!.input) as object)).toEqual(["age", "city", "income", "zip"]);
    expect(version.labels).toEqual(["bad", "good"]);
    expect(await verifyVersion(desk.store, version)).toMatchObject({ state: "intact" });
    expect(report.table?.columns).toMatchObject([
      { name: "age", kind: "number", missing: 0, numbers: { min: 18, max: 77 } },
      { name: "income", kind: "number", missing: 30 },
      { name: "city", kind: "category", values: 3 },
      { name: "zip", kind: "category", values: 9 },
    ]);
    const text = renderReport(report);
    expect(text).toContain("Columns (4)");
    expect(text).toContain("30 missing");
    expect(text).not.toContain("Köln");
    expect(text).not.toContain("Near-duplicates");
    for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  });

  it("CSV, JSON lines and Parquet of the same rows are the same version", async () => {
    const rows = [
      { age: 30, city: "Ulm", vip: "true", class: "a" },
      { age: 41.5, city: "Bonn", vip: "false", class: "b" },
      { age: null, city: "Köln", vip: "true", class: "b" },
    ];
    const csv = rows.map((row) => [row.age ?? "", row.city, row.vip, row.class].join(","));
    const files = {
      "a.csv": ["age,city,vip,class", ...csv].join("\n"),
      "a.tsv": ["age,city,vip,class", ...csv].join("\n").replaceAll(",", "\t"),
      "a.jsonl": rows.map((row) => JSON.stringify({ ...row, vip: row.vip === "true" })).join("\n"),
      "a.parquet": new Uint8Array(
        parquetWriteBuffer({
          columnData: [
            { name: "age", data: rows.map((row) => row.age), type: "DOUBLE" },
            { name: "city", data: rows.map((row) => row.city) },
            { name: "vip", data: rows.map((row) => row.vip === "true"), type: "BOOLEAN" },
            { name: "class", data: rows.map((row) => row.class) },
          ],
        }),
      ),
    };
    const digests = new Set<string>();
    for (const [name, content] of Object.entries(files)) {
      const dataset = await makeTable(name.replace(".", ""));
      const { version, report } = await desk.importing(desk.file(name, content), { dataset, label: "class" });
      expect(report.rows, name).toMatchObject({ read: 3, added: 3 });
      digests.add(version.digest);
    }
    expect(digests.size).toBe(1);
  });

  it("rows of one group never straddle, now or later, and the group's value is not kept", async () => {
    const dataset = await makeTable();
    const request = { ...choice, group: "person", dataset };
    const { version, report } = await desk.importing(desk.file("a.csv", applicants(600)), request);
    const splits = new Map<string, Set<string>>();
    for (const { group, split } of await all(version)) splits.set(group, (splits.get(group) ?? new Set()).add(split));
    expect(splits.size).toBe(200);
    expect([...splits.values()].every((one) => one.size === 1)).toBe(true);
    expect(report.nearDuplicates).toMatchObject({ groups: 200, examples: report.rows.added, largest: 3 });
    expect(renderReport(report)).toContain('Rows with the same "person"');
    expect(JSON.stringify(await all(version))).not.toContain("person 1");
    const later = await desk.importing(desk.file("b.csv", applicants(600, 2)), { dataset });
    expect(later.version.testDigest).toBe(version.testDigest);
    expect(later.version.counts.held).toBeGreaterThan(0); // further rows of persons in the frozen test
    const test = new Set((await readExamples(desk.store, version, "test")).map(({ group }) => group));
    const learned = await readExamples(desk.store, later.version, "train");
    expect(learned.some(({ group }) => test.has(group))).toBe(false);
  });

  it("a group that is no value is a rejected row, not one more group", async () => {
    const rows = [
      { age: 1, person: ["a", "b"], class: "x" },
      { age: 2, person: "c", class: "x" },
      { age: 3, person: null, class: "y" },
    ];
    const file = desk.file("g.jsonl", rows.map((row) => JSON.stringify(row)).join("\n"));
    const { report } = await desk.importing(file, { dataset: await makeTable(), label: "class", group: "person" });
    expect(report.rejections.listed).toEqual([
      { file: "g.jsonl", row: 1, reason: "cell_not_scalar", column: "person" },
    ]);
    expect(report.rows).toMatchObject({ added: 2 });
  });

  it("numbers as labels: written one way, no list of classes, equal rows become one with their mean", async () => {
    const rows = ["size,price", "1,1.50", "2,2.50", "2,3.5", "2,6", "3,9", "4,x", "5,"];
    const { version, report } = await importing(rows.join("\n"), {
      label: "price",
      columns: undefined,
      target: "number",
    });
    expect(await desk.contentOf(version)).toEqual(['1.5: {"size":1}', '4: {"size":2}', '9: {"size":3}']);
    expect(version.labels).toEqual([]);
    expect(report.numbers).toMatchObject({ count: 3, min: 1.5, max: 9 });
    expect(report.rows).toMatchObject({ read: 7, added: 3, duplicates: 2, averaged: 3, rejected: 2, conflicting: 0 });
    expect(report.rejections.listed).toEqual([
      { file: "a.csv", row: 7, reason: "label_not_a_number" },
      { file: "a.csv", row: 8, reason: "missing_label", column: "price" },
    ]);
    expect(renderReport(report)).toContain("Labels (numbers)");
    expect(await verifyVersion(desk.store, version)).toMatchObject({ state: "intact" });
  });

  it("a few words among many numbers are rejected with their place, many make a category", async () => {
    const lines = (bad: number): string =>
      ["x,class", ...Array.from({ length: 400 }, (_, i) => `${i < bad ? `much ${i}` : i},${i % 2 ? "a" : "b"}`)].join(
        "\n",
      );
    const few = await importing(lines(3), { columns: undefined });
    expect(few.report.rejections.byReason).toEqual({ not_a_number: 3 });
    expect(few.report.rejections.listed[0]).toEqual({ file: "a.csv", row: 2, column: "x", reason: "not_a_number" });
    const many = await importing(lines(30), { columns: undefined, dataset: await makeTable("many") });
    expect(many.report.table?.columns).toMatchObject([{ kind: "category", values: 400 }]);
    expect(many.report.warnings.join(" ")).toContain("Columns with another value in most rows");
    const told = await importing(lines(0), { columns: undefined, categories: ["x"], dataset: await makeTable("told") });
    expect(told.report.table?.columns).toMatchObject([{ kind: "category" }]);
  });

  it("later imports follow the first: same columns, same kinds", async () => {
    const dataset = await makeTable();
    await importing(applicants(60), { dataset });
    const again = await desk.importing(desk.file("b.csv", applicants(60, 2).replace(/^18|^19|^2\d/m, "old")), {
      dataset,
    });
    expect(again.report.rejections.byReason).toEqual({ not_a_number: 1 });
    const refuse = async (content: string, more: Partial<ImportRequest>): Promise<string> =>
      (await desk.refusalOf(desk.file("c.csv", content), { dataset, ...more })).message;
    expect(await refuse(applicants(5), { label: "city" })).toBe(
      "The dataset's label is class since its first import, not city.",
    );
    expect(await refuse(applicants(5), { target: "number" })).toContain("The dataset's target is class");
    expect(await refuse(applicants(5), { group: "person" })).toContain("The dataset's group is none");
    expect(await refuse(applicants(5), { columns: ["age"] })).toContain(
      "The dataset's columns are age, income, city, zip",
    );
    expect(await refuse("age,income,city,class\n1,2,Ulm,good\n", {})).toContain('has no column "zip"');
  });

  it.each<[string, string, Partial<ImportRequest>, string]>([
    ["a label column that is not there", "a,b\n1,2\n", { label: "c" }, 'has no column "c". Its columns: a, b.'],
    ["a feature that is not there", "a,b\n1,2\n", { label: "b", columns: ["z"] }, 'has no column "z"'],
    ["a group that is not there", "a,b\n1,2\n", { label: "b", group: "z" }, 'has no column "z"'],
    [
      "the label among the columns",
      "a,b\n1,2\n",
      { label: "b", columns: ["a", "b"] },
      'was given "b" as column and as label',
    ],
    ["a doubled column", "a,a,b\n1,2,3\n", { label: "b" }, 'has two columns called "a"'],
    ["nothing but the label", "b\n1\n2\n", { label: "b" }, "has no column to learn from"],
    [
      "501 columns",
      `${Array.from({ length: 502 }, (_, i) => `c${i}`).join(",")}\n`,
      { label: "c0" },
      "has 501 columns",
    ],
    ["one class only", "a,b\n1,x\n2,x\n", { label: "b" }, 'has the label "x"'],
    ["one number only", "a,b\n1,7\n2,7.0\n", { label: "b", target: "number" }, 'has the label "7"'],
    ["a category that is not there", "a,b\n1,x\n", { label: "b", categories: ["z"] }, 'has no column "z" among those'],
    ["no row that can be used", "a,b\n,x\n,y\n", { label: "b" }, "2 × has no value in any column"],
  ])("refused whole: %s", async (_story, content, more, says) => {
    const dataset = await makeTable();
    const refusal = await desk.refusalOf(desk.file("a.csv", content), { dataset, ...more });
    expect(refusal.message).toContain(says);
    expect((await findDataset(desk.store, dataset)).table).toBeUndefined();
  });

  it("a folder is no table, and a dataset of texts knows no columns", async () => {
    const dataset = await makeTable();
    desk.file("folder/a/1.txt", "x");
    expect((await desk.refusalOf(path.join(desk.folder, "folder"), { dataset })).message).toContain(
      "holds no rows of a table",
    );
    const texts = await desk.refusalOf(desk.file("a.csv", "text,label\na,b\n"), { columns: ["text"] });
    expect(texts.message).toBe("A dataset of texts knows no columns: that is for tables.");
  });

  it("personal data in cells is counted, and redacted where asked", async () => {
    const csv = "note,age,class\nask jane@example.com,3,a\ncall later,4,b\n";
    const kept = await importing(csv, { columns: undefined });
    expect(kept.report.personalData.found.email).toEqual({ matches: 1, examples: 1 });
    const redacted = await importing(csv, { columns: undefined, redact: true, dataset: await makeTable("redacted") });
    expect(await desk.contentOf(redacted.version)).toEqual([
      'a: {"age":3,"note":"ask [EMAIL]"}',
      'b: {"age":4,"note":"call later"}',
    ]);
  });

  it("reviews change labels and add rows; wrong rows are refused with their column", async () => {
    const dataset = await makeTable();
    const { version } = await importing(applicants(60), { dataset });
    const [train] = await readExamples(desk.store, version, "train");
    const provenance = { kind: "review" as const, id: "rev_1" };
    const changed = await createVersion(desk.deps, {
      dataset,
      note: "reviews",
      add: [
        { input: train!.input, label: "other", provenance },
        { input: '{"zip":"1","city":"Ulm","income":null,"age":"20"}', label: "good", provenance },
        { input: '{"zip":"1","city":"Ulm","income":"much","age":20}', label: "good", provenance },
        { input: "a text", label: "good", provenance },
      ],
    });
    expect(changed.outcomes).toEqual([
      { kind: "relabelled", part: "train" },
      { kind: "added", part: expect.stringMatching(/train|validation/) },
      { kind: "refused", reason: "not_a_number", column: "income" },
      { kind: "refused", reason: "not_a_row" },
    ]);
    expect(await diffVersions(desk.store, version, changed.version)).toMatchObject({ relabelled: 1, sameTest: true });
    expect((await findDataset(desk.store, dataset)).table?.columns).toHaveLength(4);
  });

  it("what is exported is imported again as the same rows; a staged import stores nothing", async () => {
    const { version } = await importing(applicants(40).replaceAll(",amount", ",class2"), { label: "class" });
    const chunks: string[] = [];
    for (const part of parts) for await (const chunk of exportJsonl(desk.store, version, part)) chunks.push(chunk);
    const file = desk.file("b.jsonl", chunks.join(""));
    expect(JSON.parse(readFileSync(file, "utf8").split("\n")[0]!)).toHaveProperty("class");
    const dataset = await makeTable("again");
    const again = await stageImport(desk.deps, { dataset, path: file, label: "class" });
    expect((await again.commit()).version.digest).toBe(version.digest);
  });

  it("a person is found in any column and forgotten for good", async () => {
    const dataset = await makeTable();
    const { version } = await importing('name,age,class\n"Jane ""J"" Doe",3,a\nJoe,4,b\n', {
      dataset,
      columns: undefined,
    });
    const found = await findExamples(desk.store, { texts: ['jane "j" doe'] });
    expect(found).toMatchObject([{ datasetId: version.datasetId, label: "a" }]);
    const forgotten = await forgetExamples(desk.deps, { dataset, examples: [found[0]!.id], note: "asked" });
    expect(await desk.contentOf(forgotten.version)).toEqual(['b: {"age":4,"name":"Joe"}']);
    expect(await findExamples(desk.store, { texts: ["jane"], datasetId: version.datasetId })).toEqual([]);
  });
});
