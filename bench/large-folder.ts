/**
 * A data folder as a team has it after a good month: examples, a model that answers, many customers, and as many paid answers
 * as asked for, written by the very unit that settles them.
 */
import { writeFileSync } from "node:fs";
import path from "node:path";
import type { Id } from "../src/kernel/ids.ts";
import type { Party } from "../src/sell/index.ts";
import type { Prediction } from "../src/serve/index.ts";
import type { Store } from "../src/store/index.ts";
import { millrace } from "../demo/doors.ts";
import { shipped } from "./shipped.ts";

const { settlePredictions } = await shipped<typeof import("../src/gateway/settle-unit.ts")>("gateway/settle-unit");
const { systemClock } = await shipped<typeof import("../src/kernel/clock.ts")>("kernel/clock");
const { must } = await shipped<typeof import("../src/kernel/errors.ts")>("kernel/errors");
const { sha256 } = await shipped<typeof import("../src/kernel/hash.ts")>("kernel/hash");
const { newId } = await shipped<typeof import("../src/kernel/ids.ts")>("kernel/ids");
const { seededRandom } = await shipped<typeof import("../src/kernel/random.ts")>("kernel/random");
const { Secret } = await shipped<typeof import("../src/kernel/secret.ts")>("kernel/secret");
const { createCustomer, createKey, createPlan, createProduct, createSubscription } =
  await shipped<typeof import("../src/sell/index.ts")>("sell/index");
const { openStore, queryOne } = await shipped<typeof import("../src/store/index.ts")>("store/index");

export interface Size {
  readonly examples: number;
  readonly customers: number;
  readonly answers: number;
}

/** What its pages are named after. */
export interface LargeFolder {
  readonly owner: string;
  readonly dataset: string;
  readonly version: string;
  readonly run: string;
  readonly model: string;
  readonly endpoint: string;
  readonly customer: string;
}

const endpoint = "letters";
const owner = "owner@mill.example";
const dayMs = 86_400_000;
const spanMs = 25 * dayMs;
const batchSize = 250;

export async function makeLargeFolder(folder: string, size: Size): Promise<LargeFolder> {
  await millrace(folder, ["init"]);
  await millrace(folder, ["user", "create", owner, "--name", "Owner", "--role", "owner"]);
  const file = path.join(folder, "letters.jsonl");
  writeFileSync(file, letters(size.examples));
  await millrace(folder, ["dataset", "import", file, "--input", "text", "--label", "label"]);
  await millrace(folder, ["run", "start", "letters"]);
  await millrace(folder, ["endpoint", "deploy", endpoint, "latest"]);
  const store = await openStore({ folder, clock: systemClock });
  try {
    const parties = await openAccounts(store, size.customers);
    await answerMany(store, parties, size.answers);
    return {
      owner,
      dataset: await idIn(store, "data_datasets"),
      version: await idIn(store, "data_versions"),
      run: await idIn(store, "runs"),
      model: await idIn(store, "models"),
      endpoint,
      customer: must(parties[0], "there is a customer").customer,
    };
  } finally {
    await store.close();
  }
}

function letters(count: number): string {
  const random = seededRandom(11);
  const words = { good: ["fine", "great", "lovely", "quick"], bad: ["slow", "broken", "rude", "late"] };
  return Array.from({ length: count }, (_, i) => {
    const label = random.next() < 0.5 ? "good" : "bad";
    const text = Array.from({ length: 12 }, () => words[label][random.below(4)]).join(" ");
    return JSON.stringify({ text: `Letter ${i}: ${text} ${random.below(1e9)}`, label });
  }).join("\n");
}

type Named = "data_datasets" | "data_versions" | "runs" | "models" | "releases";

async function idIn(store: Store, table: Named): Promise<string> {
  const found = await store.perform(
    queryOne<{ id: string }>({ parts: [`select id from ${table} limit 1`], params: [] }),
  );
  return must(found, `there is a row in ${table}`).id;
}

async function openAccounts(store: Store, count: number): Promise<Party[]> {
  const nowMs = systemClock.now() - spanMs;
  const { id: product } = await createProduct(store, { name: "api", endpoint, nowMs });
  const price = { kind: "per_unit", perThousandNanos: 1_000_000_000n, freeUnits: 0 } as const;
  const { id: plan } = await createPlan(store, {
    product,
    name: "plan",
    currency: "usd",
    feeNanos: 0n,
    components: [{ unit: "predictions", price }],
    effectiveAtMs: nowMs,
    nowMs,
  });
  const pepper = new Secret("nobody calls with these keys");
  const terms = { kind: "postpaid", creditLimitNanos: 1_000_000_000_000n } as const;
  const parties: Party[] = [];
  for (let n = 1; n <= count; n++) {
    const { id: customer } = await createCustomer(store, { name: `Customer ${n}`, currency: "usd", terms, nowMs });
    const { id: subscription } = await createSubscription(store, {
      customer,
      plan,
      anchorMs: nowMs,
      timeZone: "UTC",
      nowMs,
    });
    const { key } = await createKey(store, { customer, name: "server", pepper, nowMs });
    parties.push({
      key: key.id,
      customer,
      partner: null,
      currency: "usd",
      product,
      subscription,
      quota: false,
    });
  }
  return parties;
}

/** Spread over the time since the accounts were opened, each customer's turn by chance. */
async function answerMany(store: Store, parties: readonly Party[], count: number): Promise<void> {
  const random = seededRandom(12);
  const startMs = systemClock.now() - spanMs;
  const release = (await idIn(store, "releases")) as Id<"release">;
  const model = (await idIn(store, "models")) as Id<"model">;
  for (let done = 0; done < count; done += batchSize) {
    const batch = Array.from({ length: Math.min(batchSize, count - done) }, (_, i) => {
      const atMs = startMs + Math.floor(((done + i) / count) * spanMs);
      const party = must(parties[random.below(parties.length)], "a customer for each number");
      const id = newId("prediction", atMs);
      const prediction = predictionOf({ id, party, model, release, atMs, label: random.next() < 0.5 ? "good" : "bad" });
      const quantities = { predictions: 1 };
      const usage = { party, hold: null, prediction: id, quantities, costNanos: 12_000n, model, release };
      return { prediction, usage: { ...usage, atMs, nowMs: atMs } };
    });
    await store.run(settlePredictions, batch);
  }
}

interface Answer {
  readonly id: Id<"prediction">;
  readonly party: Party;
  readonly model: Id<"model">;
  readonly release: Id<"release">;
  readonly atMs: number;
  readonly label: "good" | "bad";
}

function predictionOf({ id, party, model, release, atMs, label }: Answer): Prediction {
  const probabilities = { good: label === "good" ? 0.9 : 0.1, bad: label === "bad" ? 0.9 : 0.1 };
  return {
    id,
    endpoint,
    release,
    model,
    customer: party.customer,
    key: party.key,
    request: newId("request", atMs),
    idempotencyKey: null,
    bodyHash: sha256(id),
    inputHash: sha256(id),
    inputText: null,
    output: { label, probability: 0.9, probabilities },
    shadowOf: null,
    latencyMs: 3.5,
    costNanos: 12_000n,
    createdAtMs: atMs,
  };
}
