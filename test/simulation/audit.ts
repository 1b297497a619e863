import { examine } from "../../src/insight/index.ts";
import type { Id } from "../../src/kernel/ids.ts";
import { balanceOfCustomer } from "../../src/sell/index.ts";
import type { SimulatedCustomer, World } from "./world.ts";

/** One request as its caller saw it. */
export interface Seen {
  readonly customer: SimulatedCustomer;
  readonly idempotencyKey: string | undefined;
  readonly input: string;
  readonly life: number;
  end:
    | { readonly state: "open" }
    | { readonly state: "answered"; readonly id: Id<"prediction">; readonly replayed: boolean }
    | { readonly state: "refused"; readonly why: string; readonly error: unknown }
    /** The process died: nobody knows what became of it. */
    | { readonly state: "lost" };
}

interface Recorded {
  readonly id: Id<"prediction">;
  readonly customer: Id<"customer">;
  readonly idempotencyKey: string | null;
}

/** Refusals that a request may meet here; anything else is a bug. */
const mayRefuse = new Set(["unavailable", "insufficient_credit", "quota_exceeded", "conflict"]);

/**
 * Compares what the callers saw, kept in plain arrays, with what the database says when nothing is under way and all holds
 * have run out.
 */
export async function audit(world: World, seen: readonly Seen[]): Promise<void> {
  const { store, clock } = world;
  const sick = (await examine(store, clock.now())).filter(({ problemCount }) => problemCount > 0);
  expect(sick.length === 0, () => `doctor: ${JSON.stringify(sick)}`);
  for (const { end } of seen) {
    expect(end.state !== "open", () => "a request never ended");
    expect(end.state !== "refused" || mayRefuse.has(end.why), () => `a request ended so: ${JSON.stringify(end)}`);
  }
  const rows = await store
    .as<{ predictions: { id: Id<"prediction">; customer: Id<"customer">; idempotency_key: string | null } }>()
    .selectFrom("predictions")
    .select(["id", "customer", "idempotency_key"])
    .execute();
  const recorded = rows.map(({ idempotency_key: idempotencyKey, ...row }): Recorded => ({ ...row, idempotencyKey }));
  answeredIsRecorded(seen, recorded);
  nothingElseIsRecorded(seen, recorded);
  for (const customer of world.customers) await paysForWhatIsRecorded(world, customer, recorded);
}

/** Whoever was answered finds the answer recorded; the same key always got the same one. */
function answeredIsRecorded(seen: readonly Seen[], recorded: readonly Recorded[]): void {
  const known = new Map(recorded.map((row) => [row.id, row]));
  const byKey = new Map<string, string>();
  for (const { customer, idempotencyKey, end } of seen) {
    if (end.state !== "answered") continue;
    const row = known.get(end.id);
    expect(row?.customer === customer.id, () => `${end.id} was answered and is not recorded for its customer`);
    expect((row?.idempotencyKey ?? undefined) === idempotencyKey, () => `${end.id} is recorded with another key`);
    if (idempotencyKey === undefined) continue;
    const name = `${customer.id}/${idempotencyKey}`;
    expect((byKey.get(name) ?? end.id) === end.id, () => `${name} was answered twice, differently`);
    byKey.set(name, end.id);
  }
}

/** What is recorded was answered, or its caller cannot know: the process died, or the database's answer was lost. */
function nothingElseIsRecorded(seen: readonly Seen[], recorded: readonly Recorded[]): void {
  const answered = new Set(seen.flatMap(({ end }) => (end.state === "answered" ? [end.id] : [])));
  const unknown = new Map<string, number>();
  for (const { customer, end } of seen) {
    if (end.state === "lost") unknown.set(customer.id, (unknown.get(customer.id) ?? 0) + 1);
  }
  for (const { id, customer } of recorded) {
    if (answered.has(id)) continue;
    const left = unknown.get(customer) ?? 0;
    expect(left > 0, () => `${id} is recorded, and nobody asked for it`);
    unknown.set(customer, left - 1);
  }
}

/** The balance is what was paid in minus the price of what is recorded, computed from the counts of each period. */
async function paysForWhatIsRecorded(
  { store }: World,
  { id, paidNanos, priceNanos, freeUnits, quotaUnits }: SimulatedCustomer,
  recorded: readonly Recorded[],
): Promise<void> {
  const used = recorded.filter(({ customer }) => customer === id).length;
  expect(quotaUnits === undefined || used <= quotaUnits, () => `${id} used ${used} of ${quotaUnits}`);
  const periods = await store
    .as<{ usage_events: { customer: string; period: string } }>()
    .selectFrom("usage_events")
    .select((e) => ["period", e.fn.countAll<number>().as("units")])
    .where("customer", "=", id)
    .groupBy("period")
    .execute();
  const events = periods.reduce((sum, { units }) => sum + units, 0);
  expect(events === used, () => `${id} has ${events} usage events for ${used} predictions`);
  let priceOfAllNanos = 0n;
  for (const { units } of periods) priceOfAllNanos += BigInt(Math.max(0, units - freeUnits)) * priceNanos;
  const { balanceNanos, heldNanos } = await balanceOfCustomer(store, id);
  expect(heldNanos === 0n, () => `${id} still holds ${heldNanos}`);
  expect(balanceNanos >= 0n, () => `${id} is overspent: ${balanceNanos}`);
  const roundedNanos = paidNanos - priceOfAllNanos - balanceNanos;
  // each invoice rounds to the coin and carries the rest on, so never more than half a coin is between the two
  expect(roundedNanos <= 5_000_000n && roundedNanos >= -5_000_000n, () => {
    return `${id} paid in ${paidNanos}, used for ${priceOfAllNanos}, and has ${balanceNanos}`;
  });
}

function expect(holds: boolean, message: () => string): asserts holds {
  if (!holds) throw new Error(message());
}
