import { afterAll, beforeAll, expect, it } from "vitest";
import { createPartner } from "../channel/index.ts";
import { createCustomer } from "../sell/index.ts";
import type { Store } from "../store/index.ts";
import { describeEachEngine, testEpochMs } from "../store/testing/engines.ts";
import { limits } from "../kernel/limits.ts";
import { findByName } from "./index.ts";

describeEachEngine("finding by name", (stores) => {
  let store: Store;
  let dispose: () => Promise<void>;
  let nowMs = testEpochMs;
  const customer = async (name: string): Promise<string> => {
    const terms = { kind: "prepaid" } as const;
    return (await createCustomer(store, { name, currency: "usd", terms, nowMs: nowMs++ })).id;
  };
  beforeAll(async () => void ({ store, dispose } = await stores.open()));
  afterAll(() => dispose());

  const names = async (text: string): Promise<string[]> =>
    (await findByName(store, { text, kinds: ["customer", "partner", "invoice"] })).map(({ name }) => name);

  it("knows parts of names in any case, ids as a whole, and takes signs of the query language as they are", async () => {
    const bakery = await customer("A bakery");
    await customer("Café École");
    await customer("青石科技");
    await customer("100% off_road");
    await customer("1000 off road");
    await createPartner(store, { name: "Bakers & Co", channel: "referral", commissionBasisPoints: 1, nowMs });
    const rows: readonly [typed: string, found: readonly string[]][] = [
      ["bake", ["A bakery", "Bakers & Co"]],
      ["BAKERY", ["A bakery"]],
      ["École", ["Café École"]],
      ["石科", ["青石科技"]],
      ["100%", ["100% off_road"]],
      ["off_road", ["100% off_road"]],
      ["_", ["100% off_road"]],
      ["\\", []],
      [bakery, ["A bakery"]],
      [bakery.slice(0, -1), []],
      ["nobody", []],
    ];
    for (const [typed, found] of rows) expect(await names(typed), typed).toEqual(found);
  });

  it("shows a few of each kind: those that begin so before the others, then the newest", async () => {
    for (let i = 0; i < limits.foundPerKindMax + 2; i++) await customer(`The mill ${i}`);
    await customer("Mill at the river");
    const found = await names("mill");
    expect(found).toHaveLength(limits.foundPerKindMax);
    expect(found.slice(0, 2)).toEqual(["Mill at the river", `The mill ${limits.foundPerKindMax + 1}`]);
  });
});
