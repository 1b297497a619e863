import { examine } from "../../src/insight/index.ts";
import type { Id } from "../../src/kernel/ids.ts";
import { balanceOfCustomer } from "../../src/sell/index.ts";
import { type Question, type Reply, type SimulatedCustomer, type World, tokenNanos } from "./world.ts";
import { answerTokensMax, chatEndpoint } from "./upstream.ts";

/** One request as its caller saw it. */
export interface Seen {
  readonly customer: SimulatedCustomer;
  readonly question: Question;
  readonly life: number;
  end:
    | { readonly state: "open" }
    | { readonly state: "answered"; readonly reply: Reply }
    | { readonly state: "refused"; readonly why: string; readonly error: unknown }
    /** The process died: nobody knows what became of it. */
    | { readonly state: "lost" };
}

interface Recorded {
  readonly id: Id<"prediction">;
  readonly customer: Id<"customer">;
  readonly idempotencyKey: string | null;
  /** That were written, of a language door; none of another. */
  readonly tokens: number | undefined;
}

/** Refusals that a request may meet here; anything else is a bug. */
const mayRefuse = new Set([
  "unavailable",
  "insufficient_credit",
  "quota_exceeded",
  "conflict",
  "upstream_failed",
  "cancelled",
]);

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
  const recorded = await readRecorded(world);
  answeredIsRecorded(seen, recorded);
  nothingElseIsRecorded(seen, recorded);
  for (const customer of world.customers) await paysForWhatIsRecorded(world, customer, recorded);
}

async function readRecorded({ store }: World): Promise<Recorded[]> {
  interface Row {
    id: Id<"prediction">;
    customer: Id<"customer">;
    idempotency_key: string | null;
    endpoint: string;
    output: string;
  }
  const rows = await store
    .as<{ predictions: Row }>()
    .selectFrom("predictions")
    .select(["id", "customer", "idempotency_key", "endpoint", "output"])
    .execute();
  return rows.map(({ id, customer, idempotency_key: idempotencyKey, endpoint, output }) => {
    const tokens =
      endpoint === chatEndpoint ? (JSON.parse(output) as { writtenTokens: number }).writtenTokens : undefined;
    return { id, customer, idempotencyKey, tokens };
  });
}

/** Whoever was answered finds the answer recorded; the same key always got the same one. */
function answeredIsRecorded(seen: readonly Seen[], recorded: readonly Recorded[]): void {
  const known = new Map(recorded.map((row) => [row.id, row]));
  const byKey = new Map<string, string>();
  for (const { customer, question, end } of seen) {
    if (end.state !== "answered") continue;
    const { idempotencyKey } = question;
    const { id } = end.reply;
    const row = known.get(id);
    expect(row?.customer === customer.id, () => `${id} was answered and is not recorded for its customer`);
    expect((row?.idempotencyKey ?? undefined) === idempotencyKey, () => `${id} is recorded with another key`);
    hasWhatIsBilled(end.reply, row?.tokens);
    if (idempotencyKey === undefined) continue;
    const name = `${customer.id}/${idempotencyKey}`;
    expect((byKey.get(name) ?? id) === id, () => `${name} was answered twice, differently`);
    byKey.set(name, id);
  }
}

/** A whole answer is billed as it was read; of one that was cut, nothing that reached the caller is missing. */
function hasWhatIsBilled({ id, tokens, isWhole }: Reply, billed = 0): void {
  expect(billed <= answerTokensMax, () => `${id} is billed for ${billed} tokens, more than there can be`);
  expect(isWhole ? tokens === billed : tokens <= billed, () => {
    return `${id} gave its caller ${tokens} tokens${isWhole ? "" : " until it was cut"} and is billed for ${billed}`;
  });
}

/** What is recorded was answered, or its caller cannot know: the process died, or the database's answer was lost. */
function nothingElseIsRecorded(seen: readonly Seen[], recorded: readonly Recorded[]): void {
  const answered = new Set(seen.flatMap(({ end }) => (end.state === "answered" ? [end.reply.id] : [])));
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
  { store, chat }: World,
  { id, paidNanos, priceNanos, freeUnits, quotaUnits }: SimulatedCustomer,
  recorded: readonly Recorded[],
): Promise<void> {
  const own = recorded.filter(({ customer }) => customer === id);
  const used = own.length;
  expect(quotaUnits === undefined || used <= quotaUnits, () => `${id} used ${used} of ${quotaUnits}`);
  const periods = await store
    .as<{ usage_events: { customer: string; period: string; product: string } }>()
    .selectFrom("usage_events")
    .select((e) => ["period", "product", e.fn.countAll<number>().as("units")])
    .where("customer", "=", id)
    .groupBy(["period", "product"])
    .execute();
  const events = periods.reduce((sum, { units }) => sum + units, 0);
  expect(events === used, () => `${id} has ${events} usage events for ${used} predictions`);
  const tokens = own.reduce((sum, each) => sum + (each.tokens ?? 0), 0);
  let priceOfAllNanos = BigInt(tokens) * tokenNanos;
  for (const { product, units } of periods)
    if (product !== chat) priceOfAllNanos += BigInt(Math.max(0, units - freeUnits)) * priceNanos;
  const { balanceNanos, heldNanos } = await balanceOfCustomer(store, id);
  expect(heldNanos === 0n, () => `${id} still holds ${heldNanos}`);
  expect(balanceNanos >= 0n, () => `${id} is overspent: ${balanceNanos}`);
  const roundedNanos = paidNanos - priceOfAllNanos - balanceNanos;
  // each subscription's invoices round to the coin and carry the rest on: never more than half a coin for each of the two
  expect(roundedNanos <= 10_000_000n && roundedNanos >= -10_000_000n, () => {
    return `${id} paid in ${paidNanos}, used for ${priceOfAllNanos}, and has ${balanceNanos}`;
  });
}

function expect(holds: boolean, message: () => string): asserts holds {
  if (!holds) throw new Error(message());
}
