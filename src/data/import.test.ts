import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Refusal } from "../kernel/errors.ts";
import { type Clock, manualClock } from "../kernel/clock.ts";
import { seededRandom } from "../kernel/random.ts";
import { describeEachEngine, testEpochMs } from "../store/testing/engines.ts";
import type { Store } from "../store/index.ts";
import { createVersion } from "./change.ts";
import { createDataset, findDataset } from "./datasets.ts";
import { readExamples } from "./examples.ts";
import { type ImportRequest, importFiles, stageImport } from "./import.ts";
import type { ImportReport } from "./report.ts";
import { renderReport } from "./report-text.ts";
import { type Part, parts } from "./splits.ts";
import { verifyVersion } from "./verify.ts";
import { type DatasetVersion, findVersion, listVersions } from "./versions.ts";

describeEachEngine("import", (stores) => {
  let store: Store;
  let root: string;
  let folder: string;
  let dispose: () => Promise<void>;
  let deps: { store: Store; clock: Clock };

  let tests = 0;
  let dataset: string; // each test has one of its own, and a folder

  beforeAll(async () => {
    const clock = manualClock(testEpochMs);
    ({ store, folder: root, dispose } = await stores.open(clock));
    deps = { store, clock };
  });
  afterAll(() => dispose());
  beforeEach(async () => {
    dataset = `d${++tests}`;
    folder = path.join(root, dataset);
    await createDataset(deps, { name: dataset });
  });

  const file = (name: string, content: string | Uint8Array): string => {
    const full = path.join(folder, name);
    mkdirSync(path.dirname(full), { recursive: true });
    writeFileSync(full, content);
    return full;
  };
  const importing = (path: string, more: Partial<ImportRequest> = {}): ReturnType<typeof importFiles> =>
    importFiles(deps, { dataset, path, ...more });
  const refusalOf = async (path: string, more: Partial<ImportRequest> = {}): Promise<Refusal> => {
    const outcome = await importing(path, more).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (!(outcome instanceof Refusal)) throw new Error("no refusal", { cause: outcome });
    return outcome;
  };
  const contentOf = async (version: DatasetVersion, of: readonly Part[] = parts): Promise<string[]> => {
    const examples = await Promise.all(of.map((part) => readExamples(store, version, part)));
    return examples
      .flat()
      .map(({ input, label }) => `${label}: ${input}`)
      .sort();
  };
  const table = (rows: number, seed = 1): string => {
    const random = seededRandom(seed);
    const line = (i: number): string =>
      `question ${i} about ${random.below(1e6)} and ${random.below(1e6)},${i % 3 === 0 ? "a" : "b"}`;
    return ["text,label", ...Array.from({ length: rows }, (_, i) => line(i))].join("\n");
  };

  describe("formats: the same four rows", () => {
    const same = ["a: first, with comma", 'a: second "quoted"', "b: third\nin two lines", "b: 第四行，中文"];
    const objects = [
      { text: "first, with comma", label: "a" },
      { text: 'second "quoted"', label: "a" },
      { text: "third\nin two lines", label: "b" },
      { text: "第四行，中文", label: "b" },
    ];
    const csv = 'text,label\n"first, with comma",a\n"second ""quoted""",a\n"third\nin two lines",b\n第四行，中文,b\n';
    const jsonl = objects.map((row) => JSON.stringify(row)).join("\n");
    it.each([
      ["comma separated", "a.csv", csv],
      ["with a byte order mark and Windows line ends", "a.csv", `\ufeff${csv.replaceAll(/\n(?!in)/g, "\r\n")}`],
      ["semicolon separated, as Excel in Europe writes", "a.csv", csv.replaceAll(/,(?=a|b|label)/g, ";")],
      ["tab separated", "a.tsv", csv.replaceAll(/,(?=a|b|label)/g, "\t")],
      ["JSON lines", "a.jsonl", jsonl],
      ["JSON lines, with a byte order mark and an empty line", "a.ndjson", `\ufeff${jsonl.replace("\n", "\n\n")}\n`],
      [
        "Parquet",
        "a.parquet",
        new Uint8Array(
          parquetWriteBuffer({
            columnData: [
              { name: "id", data: [1, 2, 3, 4] },
              { name: "text", data: objects.map((row) => row.text) },
              { name: "label", data: objects.map((row) => row.label) },
            ],
          }),
        ),
      ],
    ] as const)("%s", async (_story, name, content) => {
      const { version, report } = await importing(file(name, content));
      expect(await contentOf(version)).toEqual(same);
      expect(report.rows).toMatchObject({ read: 4, added: 4, rejected: 0 });
    });

    it("a folder of text files per class", async () => {
      for (const [i, { text, label }] of objects.entries()) file(`texts/${label}/${i}.txt`, text);
      file("texts/a/deeper/9.md", "deep");
      file("texts/a/table.csv", "not an example");
      file("texts/a/.hidden", "not an example");
      file("texts/notes.txt", "beside the classes");
      const { version, report } = await importing(path.join(folder, "texts"));
      expect(await contentOf(version)).toEqual(["a: deep", ...same].sort());
      expect(report.skippedFiles).toEqual([
        { extension: ".csv", files: 1 },
        { extension: ".txt", files: 1 },
      ]);
    });

    it("a folder of mails per class, with labels of its own", async () => {
      const mail = (subject: string, body: string): string =>
        `Received: x\nX-Spam-Flag: YES\nSubject: ${subject}\n\n${body}\n`;
      file("mails/easy-1/0001.8f3a", mail("Lunch", "At noon?"));
      file("mails/easy-2/0001.txt", mail("Dinner", "At eight?"));
      file("mails/spam-1/0001", Buffer.from(mail("Offer", "Caf\xe9 for free"), "latin1"));
      file("mails/spam-1/0001.json", "{}");
      file("mails/spam-1/cmds", "mv 1 2");
      file("mails/other/0001", mail("Other", "x"));
      const labels = { "easy-1": "ham", "easy-2": "ham", "spam-1": "spam" };
      const { version, report } = await importing(path.join(folder, "mails"), { format: "mail", labels });
      expect(await contentOf(version)).toEqual([
        "ham: Dinner\n\nAt eight?",
        "ham: Lunch\n\nAt noon?",
        "spam: Offer\n\nCafé for free",
      ]);
      expect(report.rejections.byReason).toEqual({ not_a_mail: 1, unmapped_label: 1 });
      expect(report.mail?.strippedHeaders).toEqual([
        { header: "received", mails: 3 },
        { header: "x-spam-flag", mails: 3 },
      ]);
      const examples = await Promise.all(parts.map((part) => readExamples(store, version, part)));
      const lunch = examples.flat().find(({ input }) => input.startsWith("Lunch"));
      expect(lunch?.provenance).toEqual({ kind: "file", file: "easy-1/0001.8f3a" });
    });

    it("columns by name, labels by mapping, rows without labels", async () => {
      const named = file("b.csv", "id,question,topic\n1,x y z,1\n2,u v w,2\n3,r s t,3\n");
      const { version, report } = await importing(named, {
        input: "question",
        label: "topic",
        labels: { "1": "one", "2": "two" },
      });
      expect(await contentOf(version)).toEqual(["one: x y z", "two: u v w"]);
      expect(report.rejections).toEqual({
        byReason: { unmapped_label: 1 },
        listed: [{ file: "b.csv", row: 4, reason: "unmapped_label" }],
      });
      await createDataset(deps, { name: `${dataset}plain` });
      const plain = await importing(file("c.csv", "text\none text\nother text\n"), { dataset: `${dataset}plain` });
      expect(await contentOf(plain.version)).toEqual(["undefined: one text", "undefined: other text"]);
      expect(plain.version.labels).toEqual([]);
      expect(
        (await refusalOf(file("d.csv", "text,label\na,b\nc,d\n"), { dataset: `${dataset}plain` })).message,
      ).toContain("The dataset has no labels");
    });
  });

  describe("rows that are rejected, counted and listed, while the others get in", () => {
    const good = "a good row,a\nanother good row,b\n";
    it.each([
      [
        "row 4,711 without a label",
        "a.csv",
        `text,label\n${Array.from({ length: 4_709 }, (_, i) => `row ${i} ${i * 7},${i % 2}`).join("\n")}\nlost,\nlast,1\n`,
        { file: "a.csv", row: 4711, column: "label", reason: "missing_label" },
      ],
      ["a row without a text", "a.csv", `text,label\n${good} ,a\n`, { file: "a.csv", row: 4, reason: "missing_input" }],
      [
        "broken UTF-8 in one cell",
        "a.csv",
        Buffer.from(`text,label\n${good}caf\xe9,a\n`, "latin1"),
        { file: "a.csv", row: 4, column: "text", reason: "broken_utf8" },
      ],
      [
        "too many cells",
        "a.csv",
        `text,label\n${good}a,b,c\n`,
        { file: "a.csv", row: 4, reason: "wrong_column_count" },
      ],
      [
        "too few cells",
        "a.csv",
        `text,label\n${good}lonely\n`,
        { file: "a.csv", row: 4, reason: "wrong_column_count" },
      ],
      [
        "rows are counted as a spreadsheet does, with empty ones",
        "a.csv",
        `text,label\n\n${good}\nx,\n`,
        { file: "a.csv", row: 6, column: "label", reason: "missing_label" },
      ],
      [
        "a label as long as a text",
        "a.csv",
        `text,label\n${good}x,${"long ".repeat(100)}\n`,
        { file: "a.csv", row: 4, reason: "label_too_long" },
      ],
      [
        "a text over the limit",
        "a.csv",
        `text,label\n${good}${"x".repeat(200_001)},a\n`,
        { file: "a.csv", row: 4, reason: "input_too_long" },
      ],
      [
        "a line that is no JSON",
        "a.jsonl",
        `{"text":"x y","label":"a"}\n{"text":"z","label":"b"}\n{"text":\n`,
        { file: "a.jsonl", row: 3, reason: "not_json" },
      ],
      [
        "a line that is no object",
        "a.jsonl",
        `{"text":"x y","label":"a"}\n{"text":"z","label":"b"}\n[1]\n`,
        { file: "a.jsonl", row: 3, reason: "not_an_object" },
      ],
      [
        "a text that is a number",
        "a.jsonl",
        `{"text":"x y","label":1}\n{"text":"z","label":2}\n{"text":3,"label":1}\n`,
        { file: "a.jsonl", row: 3, column: "text", reason: "not_text" },
      ],
      [
        "a label that is a list",
        "a.jsonl",
        `{"text":"x y","label":1}\n{"text":"z","label":true}\n{"text":"u","label":[]}\n`,
        { file: "a.jsonl", row: 3, column: "label", reason: "label_not_scalar" },
      ],
      [
        "a JSON line over the limit",
        "a.jsonl",
        `{"text":"x y","label":1}\n{"text":"z","label":2}\n{"text":"${"x".repeat(4_000_000)}","label":1}\n`,
        { file: "a.jsonl", row: 3, reason: "line_too_long" },
      ],
    ] as const)("%s", async (_story, name, content, rejection) => {
      const { version, report } = await importing(file(name, content));
      expect(report.rejections.listed).toEqual([rejection]);
      expect(report.rejections.byReason).toEqual({ [rejection.reason]: 1 });
      expect(report.rows.added).toBeGreaterThanOrEqual(2);
      expect((await contentOf(version)).length).toBe(report.rows.added);
    });
  });

  describe("what is refused as a whole", () => {
    it.each([
      ["a file that is not there", "missing.csv", undefined, {}, "does not exist"],
      ["an empty file", "a.csv", "", {}, "is empty"],
      ["a header and nothing else", "a.csv", "text,label\n", {}, "has no rows"],
      [
        "an unknown column, and which there are",
        "a.csv",
        "Text,Label\na,b\n",
        { input: "text" },
        'has no column "text". Its columns: Text, Label.',
      ],
      [
        "an unknown label column",
        "a.jsonl",
        '{"text":"a"}\n',
        { label: "topic" },
        'has no column "topic". Its columns: text.',
      ],
      [
        "no column said and none to guess",
        "a.csv",
        "x,y\na,b\n",
        {},
        "does not say which column holds the text. Its columns: x, y.",
      ],
      ["the same column twice", "a.csv", "text,label,text\na,b,c\n", {}, 'has two columns called "text"'],
      [
        "one column for both",
        "a.csv",
        "text,label\na,b\n",
        { input: "text", label: "text" },
        'was given "text" as text and as label',
      ],
      [
        "one class only",
        "a.csv",
        "text,label\none,a\ntwo,a\n",
        {},
        'has the label "a": there is nothing to tell apart',
      ],
      ["not one row that can be used", "a.csv", "text,label\none,\n,a\n", {}, "Not one of the 2 rows"],
      ["an archive", "a.csv", Buffer.from([0x50, 0x4b, 3, 4, 0, 0, 0, 0]), {}, "is a binary file"],
      ["UTF-16", "a.csv", Buffer.from("\ufefftext,label\n", "utf16le"), {}, "UTF-16 (little endian)"],
      ["a quotation mark that is never closed", "a.csv", 'text,label\none,a\n"two,b\nthree,a\n', {}, "Row 3 of"],
      [
        "a row that never ends",
        "a.csv",
        `text,label\none,a\n"${"two ".repeat(1_100_000)}`,
        {},
        "is longer than 4000000 bytes",
      ],
      [
        "too many labels",
        "a.csv",
        `text,label\n${Array.from({ length: 1_001 }, (_, i) => `row ${i},${i}`).join("\n")}`,
        {},
        "brings the 1001th different label",
      ],
      ["an extension that says nothing", "a.dat", "text,label\na,b\n", {}, "does not say by its extension"],
      ["a file for a folder format", "a.txt", "x", { format: "mail" }, 'is a file, which "mail" is not'],
      ["no Parquet", "a.parquet", "PAR1 but not really", {}, "cannot be read as Parquet"],
    ] as [string, string, string | Uint8Array | undefined, Partial<ImportRequest>, string][])(
      "%s",
      async (_story, name, content, more, message) => {
        const full = content === undefined ? path.join(folder, name) : file(name, content);
        const refusal = await refusalOf(full, more);
        expect(refusal.message).toContain(message);
        expect(refusal.code).toBe("invalid_data");
        expect(refusal.details.hint).toBeTruthy();
        expect(refusal.details.param).toBeTruthy();
        expect((await findDataset(store, dataset)).latestNumber).toBe(0);
      },
    );

    it("a folder without folders, and a mapping that names one that is not there", async () => {
      file("flat/a.txt", "x");
      expect((await refusalOf(path.join(folder, "flat"))).message).toContain("has no folders in it");
      file("deep/a/a.txt", "x");
      const refusal = await refusalOf(path.join(folder, "deep"), { labels: { a: "x", b: "y" } });
      expect(refusal.message).toContain('has no folder "b". Its folders: a.');
    });
  });

  describe("duplicates and conflicts", () => {
    it("the first of equal texts is kept; a text with two labels is dropped with all its copies", async () => {
      const rows = [
        "text,label",
        "one,a",
        "One  ,a",
        "one,a",
        "two,a",
        "two,b",
        "two,a",
        "three,b",
        "caf\u00e9,b",
        "cafe\u0301,b",
      ];
      const { version, report } = await importing(file("a.csv", rows.join("\n")));
      expect(await contentOf(version)).toEqual(["a: One", "a: one", "b: café", "b: three"]);
      expect(report.rows).toMatchObject({ read: 9, added: 4, duplicates: 2, conflicting: 3 });
      expect(report.conflicts).toEqual({
        texts: 1,
        listed: [{ labels: { a: 2, b: 1 }, at: ["a.csv: row 5", "a.csv: row 6", "a.csv: row 7"] }],
      });
      expect(report.nearDuplicates).toMatchObject({ groups: 1, examples: 2, largest: 2 });
    });

    it("a second import cannot change a label, and says so", async () => {
      await importing(file("a.csv", "text,label\none text,a\nother text,b\n"));
      const { version, report } = await importing(file("b.csv", "text,label\none text,b\nnew text,b\n"));
      expect(await contentOf(version)).toEqual(["a: one text", "b: new text", "b: other text"]);
      expect(report.conflicts.listed).toEqual([{ labels: { b: 1 }, at: ["b.csv: row 2", "the dataset"] }]);
    });
  });

  describe("versions", () => {
    it("the same content twice is the same version, in any order of rows", async () => {
      const lines = table(200).split("\n");
      const first = await importing(file("a.csv", lines.join("\n")));
      const again = await importing(file("a.csv", lines.join("\n")));
      expect(again).toMatchObject({ outcome: "unchanged", version: first.version });
      expect(again.report.rows).toMatchObject({ alreadyThere: 200, added: 0 });
      await createDataset(deps, { name: `${dataset}other` });
      const reversed = [lines[0], ...lines.slice(1).reverse()].join("\n");
      const other = await importing(file("b.csv", reversed), { dataset: `${dataset}other` });
      expect(other.version.digest).toBe(first.version.digest);
      expect(await listVersions(store, first.version.datasetId)).toEqual([first.version]);
      await createDataset(deps, { name: `${dataset}otherseed`, seed: "2" });
      expect(
        (await importing(file("a.csv", lines.join("\n")), { dataset: `${dataset}otherseed` })).version.digest,
      ).not.toBe(first.version.digest);
    });

    it("a second import adds to train and validation, never to the frozen test, and the first version stays as it was", async () => {
      const first = await importing(file("a.csv", table(300, 1)));
      const before = await contentOf(first.version);
      const second = await importing(file("b.csv", table(300, 2)));
      expect(second.version).toMatchObject({
        number: 2,
        parentId: first.version.id,
        testDigest: first.version.testDigest,
      });
      expect(second.version.counts.test).toBe(first.version.counts.test);
      expect(second.version.counts.train).toBeGreaterThan(first.version.counts.train);
      expect(await contentOf(first.version)).toEqual(before);
      expect(await contentOf(first.version, ["test"])).toEqual(await contentOf(second.version, ["test"]));
      expect(await verifyVersion(store, first.version)).toEqual({ state: "intact", examples: 300 });
      expect(await verifyVersion(store, second.version)).toEqual({ state: "intact", examples: 600 });
    });

    it("take: version 1 is the first of the seeded order, the rest waits, the test is drawn over everything", async () => {
      const full = file("a.csv", table(500));
      const { version, report } = await importing(full, { take: { count: 60, seed: "7" } });
      expect(version.counts.train + version.counts.validation).toBe(60);
      expect(version.counts.pool).toBe(440 - version.counts.test);
      expect(report.parts).toEqual(version.counts);
      expect((await importing(full, { take: { count: 60, seed: "7" } })).outcome).toBe("unchanged");
      await createDataset(deps, { name: `${dataset}whole` });
      const whole = await importing(full, { dataset: `${dataset}whole` });
      expect(whole.version.testDigest).toBe(version.testDigest);
      await createDataset(deps, { name: `${dataset}again` });
      expect(
        (await importing(full, { dataset: `${dataset}again`, take: { count: 60, seed: "7" } })).version.digest,
      ).toBe(version.digest);
      await createDataset(deps, { name: `${dataset}otherwise` });
      expect(
        (await importing(full, { dataset: `${dataset}otherwise`, take: { count: 60, seed: "8" } })).version.digest,
      ).not.toBe(version.digest);
    });

    it("a staged import shows its report and stores nothing; discarded it never was", async () => {
      const staged = await stageImport(deps, { dataset, path: file("a.csv", table(50)) });
      expect(staged.report.rows).toMatchObject({ read: 50, added: 50 });
      await expect(findVersion(store, dataset)).rejects.toThrow("has no version yet");
      await staged.discard();
      const other = await stageImport(deps, { dataset, path: file("a.csv", table(50)) });
      const committed = await other.commit();
      expect(await findVersion(store, `${dataset}@1`)).toEqual(committed.version);
      expect(await findVersion(store, committed.version.id)).toEqual(committed.version);
      await expect(findVersion(store, `${dataset}@2`)).rejects.toThrow("its latest is 1");
    });

    it("of two imports that were staged on the same state, the second is refused whole", async () => {
      const first = await stageImport(deps, { dataset, path: file("a.csv", table(20, 1)) });
      const second = await stageImport(deps, { dataset, path: file("b.csv", table(20, 2)) });
      const { version } = await first.commit();
      await expect(second.commit()).rejects.toThrow("got another version meanwhile");
      expect(await findVersion(store, dataset)).toEqual(version);
      expect((await contentOf(version)).length).toBe(20);
      expect((await importing(file("b.csv", table(20, 2)))).version.number).toBe(2);
    });

    it.each(["read", "compare", "write"])("cancelled while it is about to %s, it leaves nothing", async (phase) => {
      const stop = new AbortController();
      const request: Partial<ImportRequest> = {
        signal: stop.signal,
        onProgress: (progress) => progress.phase === phase && stop.abort(),
      };
      await expect(importing(file("a.csv", table(1_200)), request)).rejects.toMatchObject({ code: "cancelled" });
      await expect(findVersion(store, dataset)).rejects.toThrow("has no version yet");
      expect((await importing(file("a.csv", table(1_200)))).report.rows.added).toBe(1_200);
    });

    it("progress tells phases in order, up to the end", async () => {
      const seen: string[] = [];
      const full = file("a.csv", table(600));
      await importing(full, { onProgress: ({ phase, done, total }) => void seen.push(`${phase} ${done === total}`) });
      expect([...new Set(seen.map((one) => one.split(" ")[0]))]).toEqual(["read", "compare", "write"]);
      expect(seen.at(-1)).toBe("write true");
      expect(seen).toContain("read true");
    });
  });

  describe("personal data", () => {
    const rows =
      "text,label\nwrite to jane@example.com or +44 20 7946 0958,a\npay 4111 1111 1111 1111 now,b\nnothing here,b\n";
    const found = {
      email: { matches: 1, examples: 1 },
      phone: { matches: 1, examples: 1 },
      card: { matches: 1, examples: 1 },
      iban: { matches: 0, examples: 0 },
      resident_id: { matches: 0, examples: 0 },
    };
    it("is counted and never printed", async () => {
      const { report } = await importing(file("a.csv", rows));
      expect(report.personalData).toEqual({ redacted: false, found });
      expect(`${JSON.stringify(report)} ${renderReport(report)}`).not.toMatch(/jane|7946|4111/);
    });
    it("is redacted before it is stored, when asked", async () => {
      const { version, report } = await importing(file("a.csv", rows), { redact: true });
      expect(report.personalData).toEqual({ redacted: true, found });
      expect(await contentOf(version)).toEqual([
        "a: write to [EMAIL] or [PHONE]",
        "b: nothing here",
        "b: pay [CARD] now",
      ]);
      const add = [{ input: "me: joe@example.com", label: "a", provenance: { kind: "review", id: "rev_1" } as const }];
      const { version: reviewed } = await createVersion(deps, { dataset, add, note: "later rows are redacted too" });
      expect(await contentOf(reviewed)).toContain("a: me: [EMAIL]");
      const again = await importing(file("b.csv", "text,label\nor jill@example.com,a\n"));
      expect(await contentOf(again.version)).toContain("a: or [EMAIL]");
    });
  });

  it("the report adds up and fits 80 columns", async () => {
    const chinese = Array.from(
      { length: 40 },
      (_, i) =>
        `第${i}条关于${i * 31}的留言内容，请尽快处理一下,${i % 2 === 0 ? "投诉建议和其他各种各样的问题" : "表扬"}`,
    );
    const content = `${table(60)}\n${chinese.join("\n")}\nx,\n,a\nquestion twice,a\nquestion twice,a\nquestion thrice,a\nquestion thrice,b\n`;
    const { report } = await importing(file("a.csv", content), { take: { count: 30, seed: "1" } });
    expect(addsUp(report)).toBe(true);
    expect(report.rows).toMatchObject({ read: 106, rejected: 2, duplicates: 1, conflicting: 2, added: 101 });
    const text = renderReport(report);
    expect(text.split("\n").every((line) => line.length <= 80)).toBe(true);
    expect(text).toContain("frozen for this dataset");
    expect(report.languages.shares.find(({ language }) => language === "zh")?.share).toBeCloseTo(40 / 101, 2);
    expect(report.lengthChars?.max).toBeGreaterThan(20);
    expect(report.warnings.some((warning) => warning.startsWith("The test split has only"))).toBe(true);
  });

  function addsUp({ rows }: ImportReport): boolean {
    const { read, rejected, duplicates, conflicting, alreadyThere, added, returned } = rows;
    return read === rejected + duplicates + conflicting + alreadyThere + added + returned;
  }
});
