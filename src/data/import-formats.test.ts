import path from "node:path";
import { parquetWriteBuffer } from "hyparquet-writer";
import { describe, expect, it } from "vitest";
import { describeEachEngine } from "../store/testing/engines.ts";
import { createDataset, findDataset } from "./datasets.ts";
import { readExamples } from "./examples.ts";
import type { ImportRequest } from "./import.ts";
import { parts } from "./splits.ts";
import { setUpDesk } from "./testing/desk.ts";

describeEachEngine("what is read", (stores) => {
  const desk = setUpDesk(stores);

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
      ["a JSON list", "a.json", `\ufeff${JSON.stringify(objects)}`],
      ["a JSON list within an object", "a.json", JSON.stringify({ made: "2026", rows: objects }, undefined, 2)],
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
      const { version, report } = await desk.importing(desk.file(name, content));
      expect(await desk.contentOf(version)).toEqual(same);
      expect(report.rows).toMatchObject({ read: 4, added: 4, rejected: 0 });
    });

    it("a plain text in passages of whole paragraphs, without labels", async () => {
      const paragraphs = ["The white whale.", "x".repeat(2_100), "Two\nlines.", "The end. 完"];
      const { version, report } = await desk.importing(desk.file("book.txt", `\n\n${paragraphs.join("\r\n\n \n")}\n`));
      expect(await desk.contentOf(version)).toEqual([
        `undefined: The white whale.\n\n${"x".repeat(2_100)}`,
        `undefined: Two\nlines.\n\nThe end. 完`,
      ]);
      expect(report.rows).toMatchObject({ read: 2, added: 2, rejected: 0 });
    });

    it("mails one after the other in a file, without labels; what is none is named by its line", async () => {
      const mail = (subject: string, body: string): string =>
        `From ann@example.com Sat Jan  3 01:05:34 2026\nFrom: ann@example.com\nSubject: ${subject}\n\n${body}\n\n`;
      const mbox = [
        mail("Offer", ">From now on\nFrom here, not a beginning"),
        "From nobody\nno header\n\n",
        mail("Lunch", "At noon?"),
      ];
      const { version, report } = await desk.importing(desk.file("a.mbox", mbox.join("").replaceAll("\n", "\r\n")));
      expect(await desk.contentOf(version)).toEqual([
        "undefined: Lunch\n\nAt noon?",
        "undefined: Offer\n\nFrom now on\nFrom here, not a beginning",
      ]);
      expect(report.rejections.listed).toEqual([{ file: "a.mbox", row: 8, reason: "not_a_mail" }]);
    });

    it("a folder of text files per class", async () => {
      for (const [i, { text, label }] of objects.entries()) desk.file(`texts/${label}/${i}.txt`, text);
      desk.file("texts/a/deeper/9.md", "deep");
      desk.file("texts/a/table.csv", "not an example");
      desk.file("texts/a/.hidden", "not an example");
      desk.file("texts/notes.txt", "beside the classes");
      const { version, report } = await desk.importing(path.join(desk.folder, "texts"));
      expect(await desk.contentOf(version)).toEqual(["a: deep", ...same].sort());
      expect(report.skippedFiles).toEqual([
        { extension: ".csv", files: 1 },
        { extension: ".txt", files: 1 },
      ]);
    });

    it("a folder of mails per class, with labels of its own", async () => {
      const mail = (subject: string, body: string): string =>
        `Received: x\nX-Spam-Flag: YES\nSubject: ${subject}\n\n${body}\n`;
      desk.file("mails/easy-1/0001.8f3a", mail("Lunch", "At noon?"));
      desk.file("mails/easy-2/0001.txt", mail("Dinner", "At eight?"));
      desk.file("mails/spam-1/0001", Buffer.from(mail("Offer", "Caf\xe9 for free"), "latin1"));
      desk.file("mails/spam-1/0001.json", "{}");
      desk.file("mails/spam-1/cmds", "mv 1 2");
      desk.file("mails/other/0001", mail("Other", "x"));
      const labels = { "easy-1": "ham", "easy-2": "ham", "spam-1": "spam" };
      const { version, report } = await desk.importing(path.join(desk.folder, "mails"), { format: "mail", labels });
      expect(await desk.contentOf(version)).toEqual([
        "ham: Dinner\n\nAt eight?",
        "ham: Lunch\n\nAt noon?",
        "spam: Offer\n\nCafé for free",
      ]);
      expect(report.rejections.byReason).toEqual({ not_a_mail: 1, unmapped_label: 1 });
      expect(report.mail?.strippedHeaders).toEqual([
        { header: "received", mails: 3 },
        { header: "x-spam-flag", mails: 3 },
      ]);
      const examples = await Promise.all(parts.map((part) => readExamples(desk.store, version, part)));
      const lunch = examples.flat().find(({ input }) => input.startsWith("Lunch"));
      expect(lunch?.provenance).toEqual({ kind: "file", file: "easy-1/0001.8f3a" });
    });

    it("columns by name, labels by mapping, rows without labels", async () => {
      const named = desk.file("b.csv", "id,question,topic\n1,x y z,1\n2,u v w,2\n3,r s t,3\n");
      const { version, report } = await desk.importing(named, {
        input: "question",
        label: "topic",
        labels: { "1": "one", "2": "two" },
      });
      expect(await desk.contentOf(version)).toEqual(["one: x y z", "two: u v w"]);
      expect(report.rejections).toEqual({
        byReason: { unmapped_label: 1 },
        listed: [{ file: "b.csv", row: 4, reason: "unmapped_label" }],
      });
      await createDataset(desk.deps, { name: `${desk.dataset}plain` });
      const plain = await desk.importing(desk.file("c.csv", "text\none text\nother text\n"), {
        dataset: `${desk.dataset}plain`,
      });
      expect(await desk.contentOf(plain.version)).toEqual(["undefined: one text", "undefined: other text"]);
      expect(plain.version.labels).toEqual([]);
      expect(
        (await desk.refusalOf(desk.file("d.csv", "text,label\na,b\nc,d\n"), { dataset: `${desk.dataset}plain` }))
          .message,
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
      const { version, report } = await desk.importing(desk.file(name, content));
      expect(report.rejections.listed).toEqual([rejection]);
      expect(report.rejections.byReason).toEqual({ [rejection.reason]: 1 });
      expect(report.rows.added).toBeGreaterThanOrEqual(2);
      expect((await desk.contentOf(version)).length).toBe(report.rows.added);
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
      ["no JSON", "a.json", '[{"text": "one"', {}, "is not JSON"],
      ["JSON without a list", "a.json", '{"text": "one", "label": "a"}', {}, "holds no list"],
      ["JSON with two lists", "a.json", '{"a": [], "b": []}', {}, "holds several lists"],
      ["JSON that is not UTF-8", "a.json", Buffer.from('["\xff"]', "latin1"), {}, "is not valid UTF-8"],
      ["an empty JSON list", "a.json", "[]", {}, "a.json has no rows"],
      ["a tar archive that is none", "a.tar", "text,label\none,a\n".repeat(100), {}, "is not a tar archive"],
      ["a tar archive as rows", "a.tar", "x", { format: "csv" }, 'is a tar archive, which "csv" is not'],
      ["an mbox without a mail", "a.mbox", "Dear all,\n\nFrom here on\n", {}, "Not one of the 1 rows"],
      ["no Parquet", "a.parquet", "PAR1 but not really", {}, "cannot be read as Parquet"],
    ] as [string, string, string | Uint8Array | undefined, Partial<ImportRequest>, string][])(
      "%s",
      async (_story, name, content, more, message) => {
        const full = content === undefined ? path.join(desk.folder, name) : desk.file(name, content);
        const refusal = await desk.refusalOf(full, more);
        expect(refusal.message).toContain(message);
        expect(refusal.code).toBe("invalid_data");
        expect(refusal.details.hint).toBeTruthy();
        expect(refusal.details.param).toBeTruthy();
        expect((await findDataset(desk.store, desk.dataset)).latestNumber).toBe(0);
      },
    );

    it("a folder without folders, and a mapping that names one that is not there", async () => {
      desk.file("flat/a.txt", "x");
      expect((await desk.refusalOf(path.join(desk.folder, "flat"))).message).toContain("has no folders in it");
      desk.file("deep/a/a.txt", "x");
      const refusal = await desk.refusalOf(path.join(desk.folder, "deep"), { labels: { a: "x", b: "y" } });
      expect(refusal.message).toContain('has no folder "b". Its folders: a.');
    });
  });
});
