import { expect, it } from "vitest";
import { Refusal } from "../kernel/errors.ts";
import { describeEachEngine } from "../store/testing/engines.ts";
import { type Browsing, browseExamples, createVersion, getExamples, listNearGroups } from "./index.ts";
import { setUpDesk } from "./testing/desk.ts";
import type { DatasetVersion } from "./versions.ts";

const lorem = "the river turns the wheel and the wheel turns the stone that grinds the corn of the whole village";

describeEachEngine("looking through a version", (stores) => {
  const desk = setUpDesk(stores);
  async function imported(): Promise<DatasetVersion> {
    const rows = [
      ...Array.from({ length: 30 }, (_, i) => `question ${i} about ${i * 7919} things,${i % 3 === 0 ? "a" : "b"}`),
      `${lorem} today,a`,
      `${lorem} tomorrow,b`,
      "Write to JANE@example.com about it,a",
      "12 34,b",
    ];
    return (await desk.importing(desk.file("t.csv", ["text,label", ...rows].join("\n")))).version;
  }
  const browse = (version: DatasetVersion, wanted: Partial<Browsing> = {}) =>
    browseExamples(desk.store, version, { limit: 100, ...wanted });
  async function all(version: DatasetVersion, wanted: Partial<Browsing>): Promise<string[]> {
    const found: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await browse(version, { ...wanted, cursor });
      found.push(...page.data.map(({ input }) => input));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    return found;
  }

  it("pages join without a gap, and each filter finds what it says", async () => {
    const version = await imported();
    const whole = await all(version, {});
    expect(whole).toHaveLength(34);
    expect(await all(version, { limit: 7 })).toEqual(whole);
    expect(await all(version, { label: "b" })).toHaveLength(22);
    expect(await all(version, { search: "jane@EXAMPLE" })).toEqual(["Write to JANE@example.com about it"]);
    expect(await all(version, { slice: "personal" })).toEqual(["Write to JANE@example.com about it"]);
    expect(await all(version, { slice: "short" })).toEqual(["12 34"]);
    expect(await all(version, { slice: "numbers" })).toEqual(["12 34"]);
    expect(await all(version, { slice: "unlabelled" })).toEqual([]);
    expect(await all(version, { source: "review" })).toEqual([]);
    const parts = await Promise.all((["train", "validation", "test"] as const).map((part) => all(version, { part })));
    expect(parts.flat().sort()).toEqual([...whole].sort());
  });

  it("a cursor that is none is refused", async () => {
    const version = await imported();
    for (const cursor of ["x", "-1", "1e9", "9".repeat(16)]) {
      const told: unknown = await browse(version, { cursor }).catch((error: unknown) => error);
      expect(told instanceof Refusal ? told.code : told).toBe("invalid_request");
    }
  });

  it("near-duplicates are listed with their labels, and their group is a filter", async () => {
    const version = await imported();
    const groups = await listNearGroups(desk.store, version, { limit: 10 });
    expect(groups).toMatchObject([{ examples: 2, labels: 2 }]);
    const [near] = groups;
    expect(await all(version, { group: near?.group })).toEqual([`${lorem} today`, `${lorem} tomorrow`]);
    expect(await listNearGroups(desk.store, version, { limit: 10, mixed: true })).toHaveLength(1);
    expect(await listNearGroups(desk.store, version, { limit: 10, after: near?.group })).toEqual([]);
  });

  it("shows a version as it was, and no other dataset's examples", async () => {
    const version = await imported();
    const [first] = (await browse(version)).data;
    if (!first) throw new Error("an example");
    const next = await createVersion(desk.deps, { dataset: desk.dataset, remove: [first.id], note: "out" });
    expect(await all(next.version, {})).toHaveLength(33);
    expect(await all(version, {})).toHaveLength(34);
    expect(await getExamples(desk.store, next.version, [first.id])).toEqual([]);
    expect(await getExamples(desk.store, version, [first.id])).toHaveLength(1);
    expect(await getExamples(desk.store, version, [])).toEqual([]);
  });
});
