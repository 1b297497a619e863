import { Refusal } from "../../kernel/errors.ts";
import type { Id } from "../../kernel/ids.ts";
import { limits } from "../../kernel/limits.ts";
import { type Nanos, roundToMinorUnit } from "../../kernel/money.ts";
import { balanceOf } from "../../ledger/index.ts";
import { type Queries, type Store, query, queryOne, sql } from "../../store/index.ts";
import { accountOf } from "../accounts.ts";
import { getCustomer } from "../customer.ts";
import { emit } from "../event.ts";
import { receivePayment } from "../payment.ts";
import type { PaymentProvider } from "../payments/provider.ts";
import type { BalanceAlertRow, PaymentMethodRow, TopUpRow } from "../tables-paid.ts";
import { assertAmount, assertName } from "../words.ts";

/** Tells once when what a customer may still spend falls below this; again after it has been above. Null ends it. */
export async function setBalanceAlert(
  db: Queries,
  input: { readonly customer: Id<"customer">; readonly thresholdNanos: Nanos | null },
): Promise<void> {
  await getCustomer(db, input.customer);
  await db.perform(query(sql`delete from balance_alerts where customer = ${input.customer}`));
  if (input.thresholdNanos === null) return;
  assertAmount(input.thresholdNanos, "threshold", 1n);
  await db.perform(
    query(sql`insert into balance_alerts (customer, threshold_nanos, told)
      values (${input.customer}, ${input.thresholdNanos}, 0)`),
  );
}

/** How a provider knows the customer and what it pays with; no card number comes near us. */
export async function setPaymentMethod(
  db: Queries,
  input: {
    readonly customer: Id<"customer">;
    readonly provider: string;
    readonly externalCustomer: string;
    readonly method?: string | null;
    readonly nowMs: number;
  },
): Promise<void> {
  await getCustomer(db, input.customer);
  assertName(input.provider, "provider");
  assertName(input.externalCustomer, "external_customer");
  const { customer, provider, externalCustomer, method = null, nowMs } = input;
  await db.perform(
    query(sql`insert into payment_methods (customer, provider, external_customer, method, changed_at_ms)
      values (${customer}, ${provider}, ${externalCustomer}, ${method}, ${nowMs})
      on conflict (customer) do update set provider = excluded.provider, external_customer = excluded.external_customer,
        method = excluded.method, changed_at_ms = excluded.changed_at_ms`),
  );
}

export interface TopUp {
  readonly customer: Id<"customer">;
  /** When less is left. */
  readonly thresholdNanos: Nanos;
  readonly amountNanos: Nanos;
}

/** Charges a prepaid customer's payment method whenever less than the threshold is left. Null ends it. */
export async function setTopUp(
  db: Queries,
  customer: Id<"customer">,
  topUp: Omit<TopUp, "customer"> | null,
): Promise<void> {
  const { terms, currency } = await getCustomer(db, customer);
  await db.perform(query(sql`delete from top_ups where customer = ${customer}`));
  if (topUp === null) return;
  if (terms !== "prepaid") throw new Refusal("conflict", "A postpaid customer pays by invoice.");
  assertAmount(topUp.thresholdNanos, "threshold", 1n);
  assertAmount(topUp.amountNanos, "amount", 1n);
  if (roundToMinorUnit(topUp.amountNanos, currency).remainder !== 0n)
    throw new Refusal("invalid_request", "A top-up is a whole number of coins.", { param: "amount" });
  const method = await db.perform(
    queryOne<PaymentMethodRow>(sql`select * from payment_methods where customer = ${customer}`),
  );
  if (!method) throw new Refusal("conflict", "The customer has no payment method yet.");
  await db.perform(
    query(sql`insert into top_ups (customer, threshold_nanos, amount_nanos, attempts, failures, next_at_ms, problem)
      values (${customer}, ${topUp.thresholdNanos}, ${topUp.amountNanos}, 0, 0, 0, null)`),
  );
}

export interface WatchReport {
  readonly low: number;
  readonly toppedUp: number;
}

/** Looks at every balance that somebody asked to be watched. */
export async function watchBalances(
  store: Store,
  providers: ReadonlyMap<string, PaymentProvider>,
  nowMs: number,
): Promise<WatchReport> {
  let [low, toppedUp] = [0, 0];
  for (const alert of await store.perform(query<BalanceAlertRow>(sql`select * from balance_alerts order by customer`)))
    low += (await tellIfLow(store, alert, nowMs)) ? 1 : 0;
  const due = sql`select * from top_ups where next_at_ms <= ${nowMs} and failures < ${limits.topUpFailuresMax}
    order by next_at_ms, customer limit ${limits.billingTickMax}`;
  for (const topUp of await store.perform(query<TopUpRow>(due)))
    toppedUp += (await chargeIfLow(store, providers, topUp, nowMs)) ? 1 : 0;
  return { low, toppedUp };
}

async function availableOf(db: Queries, id: Id<"customer">): Promise<{ nanos: Nanos; currency: string }> {
  const { currency } = await getCustomer(db, id);
  return { nanos: (await balanceOf(db, accountOf("customer", { customer: id, currency }))).availableNanos, currency };
}

async function tellIfLow(store: Store, alert: BalanceAlertRow, nowMs: number): Promise<boolean> {
  const { customer, threshold_nanos: thresholdNanos, told } = alert;
  const { nanos, currency } = await availableOf(store, customer);
  const isLow = nanos < thresholdNanos;
  if (isLow === (told === 1)) return false;
  await store.transaction(async (tx) => {
    await tx.perform(query(sql`update balance_alerts set told = ${isLow ? 1 : 0} where customer = ${customer}`));
    const data = { available_nanos: nanos, threshold_nanos: thresholdNanos, currency };
    if (isLow) await tx.perform(emit({ kind: "balance.low", customer, data, atMs: nowMs, nowMs }));
  });
  return isLow;
}

/**
 * Charges once an attempt: the attempt is counted before the provider is asked, and its number is the idempotency key, so a
 * crash in between asks again with the same key only after the pause.
 */
async function chargeIfLow(
  store: Store,
  providers: ReadonlyMap<string, PaymentProvider>,
  topUp: TopUpRow,
  nowMs: number,
): Promise<boolean> {
  const { customer, threshold_nanos, amount_nanos: amountNanos, attempts } = topUp;
  const { currency } = await getCustomer(store, customer);
  if ((await availableOf(store, customer)).nanos >= threshold_nanos) return false;
  const claimed = await store.perform(
    queryOne(sql`update top_ups set attempts = attempts + 1, next_at_ms = ${nowMs + limits.topUpPauseMs}
      where customer = ${customer} and attempts = ${attempts} returning customer`),
  );
  const row = sql`select * from payment_methods where customer = ${customer}`;
  const method = await store.perform(queryOne<PaymentMethodRow>(row));
  const provider = method && providers.get(method.provider);
  if (!claimed || !method || !provider) return false;
  const outcome = await provider.charge({
    customer,
    externalCustomer: method.external_customer,
    method: method.method,
    amountNanos,
    currency,
    idempotencyKey: `topup-${customer}-${attempts}`,
    description: "Top-up",
  });
  if (outcome.state === "failed") {
    const { problem } = outcome;
    await store.perform(
      query(sql`update top_ups set failures = failures + 1, problem = ${problem} where customer = ${customer}`),
    );
    return false;
  }
  await store.perform(query(sql`update top_ups set failures = 0, problem = null where customer = ${customer}`));
  if (outcome.state === "pending") return false;
  const { reference } = outcome;
  await receivePayment(store, { customer, amountNanos, reference, provider: provider.name, nowMs });
  return true;
}
