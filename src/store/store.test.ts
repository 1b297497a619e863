import { afterEach, describe, expect, it } from "vitest";
import { Refusal } from "../kernel/errors.ts";
import { type Store, StoreError, isUniqueViolation, query, sql } from "./index.ts";
import { describeEachEngine } from "./testing/engines.ts";
import { bumpCounter } from "./testing/counter.ts";

interface Tables {
  jobs: { id: string; kind: string; payload: string; attempts: number };
}

describeEachEngine("store", (stores) => {
  let opened: { store: Store; dispose: () => Promise<void> }[] = [];
  const open = async (): Promise<Store> => {
    const fresh = await stores.open();
    opened.push(fresh);
    return fresh.store;
  };
  afterEach(async () => {
    for (const { dispose } of opened) await dispose();
    opened = [];
  });
  const withCounter = async (): Promise<Store> => {
    const store = await open();
    await store.perform(
      query(sql`create table counters (name text primary key, n_nanos bigint not null, share double precision)`),
    );
    await store.perform(query(sql`insert into counters (name, n_nanos, share) values (${"a"}, ${0n}, ${0.5})`));
    return store;
  };
  const read = async (store: Store): Promise<unknown> => {
    const db = store.as<{ counters: { name: string; n_nanos: bigint; share: number } }>();
    return db.selectFrom("counters").select(["n_nanos", "share"]).executeTakeFirst();
  };

  describe("a unit", () => {
    it("is durable when it returns, and gives money as bigint, shares as number", async () => {
      const store = await withCounter();
      expect(await store.run(bumpCounter, { name: "a", by: 9_007_199_254_740_993n })).toBe(9_007_199_254_740_993n);
      expect(await read(store)).toEqual({ n_nanos: 9_007_199_254_740_993n, share: 0.5 });
    });
    it("that is refused leaves nothing behind, while its neighbours in the same commit stand", async () => {
      const store = await withCounter();
      const outcomes = await Promise.allSettled(
        Array.from({ length: 40 }, (_, i) => store.run(bumpCounter, { name: "a", by: i % 4 === 0 ? -1n : 1n })),
      );
      const refused = outcomes.filter((outcome) => outcome.status === "rejected");
      expect(refused).toHaveLength(10);
      for (const { reason } of refused) {
        expect(reason).toBeInstanceOf(Refusal);
        expect(reason).toMatchObject({ code: "invalid_request", details: { param: "by" } });
      }
      expect(await read(store)).toMatchObject({ n_nanos: 30n });
    });
    it("under 200 concurrent calls loses no update", async () => {
      const store = await withCounter();
      await Promise.all(Array.from({ length: 200 }, () => store.run(bumpCounter, { name: "a", by: 1n })));
      expect(await read(store)).toMatchObject({ n_nanos: 200n });
    });
  });

  describe("a transaction", () => {
    it("rolls back whole when its work throws", async () => {
      const store = await withCounter();
      const work = store.transaction(async (tx) => {
        await tx.perform(bumpCounter.steps({ name: "a", by: 5n }));
        throw new Refusal("conflict", "no");
      });
      await expect(work).rejects.toMatchObject({ code: "conflict" });
      expect(await read(store)).toMatchObject({ n_nanos: 0n });
    });
    it("sees its own writes and serializes with others", async () => {
      const store = await withCounter();
      const add = store.transaction(async (tx) => {
        await tx.perform(bumpCounter.steps({ name: "a", by: 5n }));
        return tx.perform(query<{ n_nanos: bigint }>(sql`select n_nanos from counters`));
      });
      const [rows] = await Promise.all([add, store.run(bumpCounter, { name: "a", by: 1n })]);
      expect([5n, 6n]).toContain(rows[0]?.n_nanos);
      expect(await read(store)).toMatchObject({ n_nanos: 6n });
    });
  });

  it("reads one statement, which others may be parts of", async () => {
    const store = await withCounter();
    const named = sql`name = ${"a"}`;
    const wanted = sql`select ${1} + n_nanos as n_nanos from counters where ${named} and share < ${0.9}`;
    expect(wanted.params).toEqual([1, "a", 0.9]);
    expect(await store.read(wanted)).toEqual([{ n_nanos: 1n }]);
    expect(await store.read(sql`select name from (${wanted}) as w, counters`)).toEqual([{ name: "a" }]);
    await store.transaction(async (tx) => {
      await tx.perform(bumpCounter.steps({ name: "a", by: 2n }));
      expect(await tx.read(wanted)).toEqual([{ n_nanos: 3n }]);
      expect(await tx.read(sql`${sql`select name from counters where ${named}`}`)).toEqual([{ name: "a" }]);
    });
  });

  describe("a read aside", () => {
    const select = sql`select n_nanos from counters`;
    it("sees what is committed, by Kysely and by steps", async () => {
      const store = await withCounter();
      await store.run(bumpCounter, { name: "a", by: 7n });
      const db = store.aside.as<{ counters: { n_nanos: bigint } }>();
      expect(await db.selectFrom("counters").selectAll().execute()).toMatchObject([{ n_nanos: 7n }]);
      expect(await store.aside.perform(query(select))).toEqual([{ n_nanos: 7n }]);
    });
    it("refuses writes", async () => {
      const store = await withCounter();
      const write = store.aside.perform(bumpCounter.steps({ name: "a", by: 5n }));
      await expect(write).rejects.toBeInstanceOf(StoreError);
      expect(await read(store)).toMatchObject({ n_nanos: 0n });
      expect(await store.aside.perform(query(select))).toEqual([{ n_nanos: 0n }]);
    });
    it("that takes long keeps no write waiting", async () => {
      const store = await withCounter();
      const counting = sql`with recursive n (i) as (select 1 union all select i + 1 from n where i < 3000000)
        select count(*) as n from n`;
      const order: string[] = [];
      await Promise.all([
        store.aside.perform(query(counting)).then(() => order.push("read")),
        store.run(bumpCounter, { name: "a", by: 1n }).then(() => order.push("written")),
      ]);
      expect(order).toEqual(["written", "read"]);
    });
  });

  it("names a broken unique constraint the same on both engines", async () => {
    const store = await withCounter();
    const again = store.perform(query(sql`insert into counters (name, n_nanos) values ('a', 1)`));
    const error = await again.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(StoreError);
    expect(isUniqueViolation(error)).toBe(true);
  });

  it("answers Kysely with rows and counts of changed rows", async () => {
    const store = await open();
    const db = store.as<Tables>();
    expect(await db.selectFrom("jobs").selectAll().execute()).toEqual([]);
    const updated = await db.updateTable("jobs").set({ attempts: 1 }).where("kind", "=", "x").executeTakeFirst();
    expect(updated.numUpdatedRows).toBe(0n);
  });

  it("keeps a blob under the hash of its bytes and notices damage", async () => {
    const store = await open();
    const digest = await store.blobs.put("hello");
    expect(digest).toBe("2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
    expect((await store.blobs.get(digest)).toString()).toBe("hello");
    const { writeFile } = await import("node:fs/promises");
    await writeFile(store.blobs.pathOf(digest), "hullo");
    await expect(store.blobs.get(digest)).rejects.toMatchObject({ code: "invalid_data" });
  });
});
