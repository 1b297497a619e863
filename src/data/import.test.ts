import { describe, expect, it } from "vitest";
import { describeEachEngine } from "../store/testing/engines.ts";
import { createVersion } from "./change.ts";
import { createDataset } from "./datasets.ts";
import { type ImportRequest, stageImport } from "./import.ts";
import type { ImportReport } from "./report.ts";
import { renderReport } from "./report-text.ts";
import { setUpDesk, table } from "./testing/desk.ts";
import { verifyVersion } from "./verify.ts";
import { findVersion, listVersions } from "./versions.ts";

describeEachEngine("import", (stores) => {
  const desk = setUpDesk(stores);

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
      const { version, report } = await desk.importing(desk.file("a.csv", rows.join("\n")));
      expect(await desk.contentOf(version)).toEqual(["a: One", "a: one", "b: café", "b: three"]);
      expect(report.rows).toMatchObject({ read: 9, added: 4, duplicates: 2, conflicting: 3 });
      expect(report.conflicts).toEqual({
        texts: 1,
        listed: [{ labels: { a: 2, b: 1 }, at: ["a.csv: row 5", "a.csv: row 6", "a.csv: row 7"] }],
      });
      expect(report.nearDuplicates).toMatchObject({ groups: 1, examples: 2, largest: 2 });
    });

    it("a second import cannot change a label, and says so", async () => {
      await desk.importing(desk.file("a.csv", "text,label\none text,a\nother text,b\n"));
      const { version, report } = await desk.importing(desk.file("b.csv", "text,label\none text,b\nnew text,b\n"));
      expect(await desk.contentOf(version)).toEqual(["a: one text", "b: new text", "b: other text"]);
      expect(report.conflicts.listed).toEqual([{ labels: { b: 1 }, at: ["b.csv: row 2", "the dataset"] }]);
    });
  });

  describe("versions", () => {
    it("the same content twice is the same version, in any order of rows", async () => {
      const lines = table(200).split("\n");
      const first = await desk.importing(desk.file("a.csv", lines.join("\n")));
      const again = await desk.importing(desk.file("a.csv", lines.join("\n")));
      expect(again).toMatchObject({ outcome: "unchanged", version: first.version });
      expect(again.report.rows).toMatchObject({ alreadyThere: 200, added: 0 });
      await createDataset(desk.deps, { name: `${desk.dataset}other` });
      const reversed = [lines[0], ...lines.slice(1).reverse()].join("\n");
      const other = await desk.importing(desk.file("b.csv", reversed), { dataset: `${desk.dataset}other` });
      expect(other.version.digest).toBe(first.version.digest);
      expect(await listVersions(desk.store, first.version.datasetId)).toEqual([first.version]);
      await createDataset(desk.deps, { name: `${desk.dataset}otherseed`, seed: "2" });
      expect(
        (await desk.importing(desk.file("a.csv", lines.join("\n")), { dataset: `${desk.dataset}otherseed` })).version
          .digest,
      ).not.toBe(first.version.digest);
    });

    it("a second import adds to train and validation, never to the frozen test, and the first version stays as it was", async () => {
      const first = await desk.importing(desk.file("a.csv", table(300, 1)));
      const before = await desk.contentOf(first.version);
      const second = await desk.importing(desk.file("b.csv", table(300, 2)));
      expect(second.version).toMatchObject({
        number: 2,
        parentId: first.version.id,
        testDigest: first.version.testDigest,
      });
      expect(second.version.counts.test).toBe(first.version.counts.test);
      expect(second.version.counts.train).toBeGreaterThan(first.version.counts.train);
      expect(await desk.contentOf(first.version)).toEqual(before);
      expect(await desk.contentOf(first.version, ["test"])).toEqual(await desk.contentOf(second.version, ["test"]));
      expect(await verifyVersion(desk.store, first.version)).toEqual({ state: "intact", examples: 300 });
      expect(await verifyVersion(desk.store, second.version)).toEqual({ state: "intact", examples: 600 });
    });

    it("take: version 1 is the first of the seeded order, the rest waits, the test is drawn over everything", async () => {
      const full = desk.file("a.csv", table(500));
      const { version, report } = await desk.importing(full, { take: { count: 60, seed: "7" } });
      expect(version.counts.train + version.counts.validation).toBe(60);
      expect(version.counts.pool).toBe(440 - version.counts.test);
      expect(report.parts).toEqual(version.counts);
      expect((await desk.importing(full, { take: { count: 60, seed: "7" } })).outcome).toBe("unchanged");
      await createDataset(desk.deps, { name: `${desk.dataset}whole` });
      const whole = await desk.importing(full, { dataset: `${desk.dataset}whole` });
      expect(whole.version.testDigest).toBe(version.testDigest);
      await createDataset(desk.deps, { name: `${desk.dataset}again` });
      expect(
        (await desk.importing(full, { dataset: `${desk.dataset}again`, take: { count: 60, seed: "7" } })).version
          .digest,
      ).toBe(version.digest);
      await createDataset(desk.deps, { name: `${desk.dataset}otherwise` });
      expect(
        (await desk.importing(full, { dataset: `${desk.dataset}otherwise`, take: { count: 60, seed: "8" } })).version
          .digest,
      ).not.toBe(version.digest);
    });

    it("a staged import shows its report and stores nothing; discarded it never was", async () => {
      const staged = await stageImport(desk.deps, { dataset: desk.dataset, path: desk.file("a.csv", table(50)) });
      expect(staged.report.rows).toMatchObject({ read: 50, added: 50 });
      await expect(findVersion(desk.store, desk.dataset)).rejects.toThrow("has no version yet");
      await staged.discard();
      const other = await stageImport(desk.deps, { dataset: desk.dataset, path: desk.file("a.csv", table(50)) });
      const committed = await other.commit();
      expect(await findVersion(desk.store, `${desk.dataset}@1`)).toEqual(committed.version);
      expect(await findVersion(desk.store, committed.version.id)).toEqual(committed.version);
      await expect(findVersion(desk.store, `${desk.dataset}@2`)).rejects.toThrow("its latest is 1");
    });

    it("of two imports that were staged on the same state, the second is refused whole", async () => {
      const first = await stageImport(desk.deps, { dataset: desk.dataset, path: desk.file("a.csv", table(20, 1)) });
      const second = await stageImport(desk.deps, { dataset: desk.dataset, path: desk.file("b.csv", table(20, 2)) });
      const { version } = await first.commit();
      await expect(second.commit()).rejects.toThrow("got another version meanwhile");
      expect(await findVersion(desk.store, desk.dataset)).toEqual(version);
      expect((await desk.contentOf(version)).length).toBe(20);
      expect((await desk.importing(desk.file("b.csv", table(20, 2)))).version.number).toBe(2);
    });

    it.each(["read", "compare", "write"])("cancelled while it is about to %s, it leaves nothing", async (phase) => {
      const stop = new AbortController();
      const request: Partial<ImportRequest> = {
        signal: stop.signal,
        onProgress: (progress) => progress.phase === phase && stop.abort(),
      };
      await expect(desk.importing(desk.file("a.csv", table(1_200)), request)).rejects.toMatchObject({
        code: "cancelled",
      });
      await expect(findVersion(desk.store, desk.dataset)).rejects.toThrow("has no version yet");
      expect((await desk.importing(desk.file("a.csv", table(1_200)))).report.rows.added).toBe(1_200);
    });

    it("progress tells phases in order, up to the end", async () => {
      const seen: string[] = [];
      const full = desk.file("a.csv", table(600));
      await desk.importing(full, {
        onProgress: ({ phase, done, total }) => void seen.push(`${phase} ${done === total}`),
      });
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
      const { report } = await desk.importing(desk.file("a.csv", rows));
      expect(report.personalData).toEqual({ redacted: false, found });
      expect(`${JSON.stringify(report)} ${renderReport(report)}`).not.toMatch(/jane|7946|4111/);
    });
    it("is redacted before it is stored, when asked", async () => {
      const { version, report } = await desk.importing(desk.file("a.csv", rows), { redact: true });
      expect(report.personalData).toEqual({ redacted: true, found });
      expect(await desk.contentOf(version)).toEqual([
        "a: write to [EMAIL] or [PHONE]",
        "b: nothing here",
        "b: pay [CARD] now",
      ]);
      const add = [{ input: "me: joe@example.com", label: "a", provenance: { kind: "review", id: "rev_1" } as const }];
      const { version: reviewed } = await createVersion(desk.deps, {
        dataset: desk.dataset,
        add,
        note: "later rows are redacted too",
      });
      expect(await desk.contentOf(reviewed)).toContain("a: me: [EMAIL]");
      const again = await desk.importing(desk.file("b.csv", "text,label\nor jill@example.com,a\n"));
      expect(await desk.contentOf(again.version)).toContain("a: or [EMAIL]");
    });
  });

  it("the report adds up and fits 80 columns", async () => {
    const chinese = Array.from(
      { length: 40 },
      (_, i) =>
        `第${i}条关于${i * 31}的留言内容，请尽快处理一下,${i % 2 === 0 ? "投诉建议和其他各种各样的问题" : "表扬"}`,
    );
    const content = `${table(60)}\n${chinese.join("\n")}\nx,\n,a\nquestion twice,a\nquestion twice,a\nquestion thrice,a\nquestion thrice,b\n`;
    const { report } = await desk.importing(desk.file("a.csv", content), { take: { count: 30, seed: "1" } });
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
