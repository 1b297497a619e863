/**
 * How long it takes to close the books: usage events of many customers become invoices, each with its lines, postings and
 * collection, one transaction an invoice. Events are written straight into the tables, as settlement would have left them;
 * the close is the shipped one; with --check doctor's checks of selling and of the ledger run over the result.
 *
 *   npm run bench:invoicing -- [--events 1000000] [--customers 1000] [--postgres URL] [--check] [--json]
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import type { Queries, Store } from "../src/store/index.ts";
import { shipped } from "./shipped.ts";

const { closeMonth } = await shipped<typeof import("../src/channel/index.ts")>("channel/index");
const { manualClock, systemClock } = await shipped<typeof import("../src/kernel/clock.ts")>("kernel/clock");
const { verifyLedger } = await shipped<typeof import("../src/ledger/index.ts")>("ledger/index");
const { createCustomer, createPlan, createProduct, createSubscription, verifySell } =
  await shipped<typeof import("../src/sell/index.ts")>("sell/index");
const { openStore, query, sql } = await shipped<typeof import("../src/store/index.ts")>("store/index");

const startMs = Date.UTC(2026, 0, 1);
const endMs = Date.UTC(2026, 1, 1);
const hourMs = 3_600_000;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      events: { type: "string", default: "1000000" },
      customers: { type: "string", default: "1000" },
      postgres: { type: "string" },
      check: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    },
  });
  const [events, customers] = [Number(values.events), Number(values.customers)];
  const folder = mkdtempSync(path.join(tmpdir(), "millrace-invoicing-"));
  const store = await openStore({ folder, databaseUrl: values.postgres, clock: manualClock(startMs) });
  try {
    await prepare(store, customers);
    await fill(store, Math.round(events / customers));
    const beganMs = systemClock.now();
    const { issued } = await closeMonth(store, { asOfMs: endMs + hourMs, nowMs: endMs + hourMs });
    const closeMs = systemClock.now() - beganMs;
    const checks = values.check ? [...(await verifyLedger(store, endMs)), ...(await verifySell(store))] : [];
    const problems = checks.flatMap((check) => check.problems);
    const result = { engine: store.engine, events, customers, invoices: issued.length, closeMs, problems };
    const line = `${store.engine}: ${events} events of ${customers} customers, ${issued.length} invoices in ${(closeMs / 1_000).toFixed(2)} s\n`;
    process.stdout.write(values.json ? `${JSON.stringify(result)}\n` : `${line}${problems.join("\n")}`);
    if (issued.length !== customers || problems.length > 0) process.exitCode = 1;
  } finally {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function prepare(store: Store, customers: number): Promise<void> {
  const nowMs = startMs;
  const product = await createProduct(store, { name: "model", endpoint: "model", nowMs });
  const tiers = [
    { upToUnits: 500, perThousandNanos: 0n, flatNanos: 0n },
    { upToUnits: null, perThousandNanos: 2_000_000_000n, flatNanos: 0n },
  ];
  const plan = await createPlan(store, {
    product: product.id,
    name: "plan",
    currency: "usd",
    feeNanos: 29_000_000_000n,
    components: [{ unit: "predictions", price: { kind: "graduated", tiers } }],
    nowMs,
  });
  await store.transaction(async (tx) => {
    for (let n = 0; n < customers; n++) {
      const terms = { kind: "postpaid", creditLimitNanos: 1_000_000_000_000n } as const;
      const { id: customer } = await createCustomer(tx, { name: `customer ${n}`, currency: "usd", terms, nowMs });
      await createSubscription(tx, { customer, plan: plan.id, anchorMs: startMs, timeZone: "UTC", nowMs });
    }
  });
}

/** As many events for every customer, each of one prediction, with its entry and postings; then counters and balances. */
async function fill(store: Store, perCustomer: number): Promise<void> {
  const numbers =
    store.engine === "sqlite"
      ? sql`with recursive n (n) as (select 1 union all select n + 1 from n where n < ${perCustomer})`
      : sql`with n (n) as (select generate_series(1, cast(${perCustomer} as int)))`;
  const pad = (text: string): string => `substr('0000000000' || ${text}, -10)`;
  const right = (text: string): string => `right('0000000000' || ${text}, 10)`;
  const digits = store.engine === "sqlite" ? pad("cast(n.n as text)") : right("cast(n.n as text)");
  await store.transaction(async (tx) => {
    await raw(
      tx,
      numbers,
      `insert into usage_events (id, prediction, customer, api_key, subscription, period, product,
        rate_card, units, quantities, amount_nanos, due_nanos, cost_nanos, model, release, partner, at_ms, recorded_at_ms, entry)
      select 'use_' || p.id || ${digits}, 'pred_' || p.id || ${digits}, s.customer, 'key_none', s.id, p.id, s.product,
        p.rate_card, 1, '{"predictions":1}', case when n.n > 500 then 2000000 else 0 end, 0, 0, 'mdl_1', 'rel_1', null,
        p.start_ms + n.n, p.start_ms + n.n, case when n.n > 500 then 'ent_' || p.id || ${digits} end
      from usage_periods p join subscriptions s on s.id = p.subscription, n`,
    );
    await plain(
      tx,
      `insert into ledger_entries (id, kind, cause, at_ms, posted_at_ms)
      select entry, 'usage', prediction, at_ms, at_ms from usage_events where entry is not null`,
    );
    for (const [position, kind, sign] of [
      [0, "customer", "-"],
      [1, "usage_revenue", ""],
    ] as const)
      await plain(
        tx,
        `insert into ledger_postings (entry, position, account, amount_nanos, at_ms, product, model, release, customer, partner)
        select entry, ${position}, 'acc_${kind}.' || customer || '.usd', ${sign}amount_nanos, at_ms, product, model, release,
          customer, null from usage_events where entry is not null`,
      );
    await plain(
      tx,
      `insert into usage_counters (period, unit, used, held, late)
      select period, 'predictions', count(*), 0, 0 from usage_events group by period`,
    );
    await plain(
      tx,
      `update ledger_accounts set balance_nanos = moved.by_nanos
        from (select account, sum(amount_nanos) as by_nanos from ledger_postings group by account) as moved
        where ledger_accounts.id = moved.account`,
    );
  });
  if (store.engine === "postgres") await plain(store, "analyze");
}

async function plain(db: Queries, text: string): Promise<void> {
  await db.perform(query({ parts: [text], params: [] }));
}

/** The numbers first, on both engines: `with … insert` is `insert … with … select` here. */
async function raw(db: Queries, numbers: ReturnType<typeof sql>, text: string): Promise<void> {
  const at = text.indexOf("select 'use_'");
  const [head, tail] = [text.slice(0, at), text.slice(at)];
  const parts = [...numbers.parts];
  parts[0] = `${head}${parts[0] ?? ""}`;
  parts[parts.length - 1] = `${parts.at(-1) ?? ""} ${tail}`;
  await db.perform(query({ parts, params: numbers.params }));
}

await main();
