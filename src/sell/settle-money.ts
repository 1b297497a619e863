import { must } from "../kernel/errors.ts";
import { type Id, newId } from "../kernel/ids.ts";
import type { Nanos } from "../kernel/money.ts";
import { type FirstEntry, type HoldChange, type NewPosting, accountId } from "../ledger/index.ts";
import { accountOf } from "./accounts.ts";
import { chargeOfLast } from "./component.ts";
import { type Counters, noCounters } from "./counters.ts";
import type { KeptParty } from "./credits/kept.ts";
import type { Party } from "./key.ts";
import { mostOfLease } from "./reservation.ts";
import type { CountPlan, Found, Gathered } from "./settle-counts.ts";
import type { UsageEventRow } from "./tables.ts";
import { type Quantities, addQuantities, negated } from "./units.ts";
import { type Charge, eventRow } from "./usage-event.ts";

type CountersOf = ReadonlyMap<Id<"period">, Counters>;

/** What each settlement costs, one after the other: the same sum in whatever order they are. */
export function planRating({ found, terms }: Gathered, counters: CountersOf): readonly Nanos[] {
  const reached = new Map<Id<"period">, Quantities>();
  for (const { period, input } of found) {
    const after = reached.get(period) ?? (counters.get(period) ?? noCounters).used;
    reached.set(period, addQuantities(after, negated(input.quantities)));
  }
  return found.map(({ period, input }) => {
    const { components } = must(terms.get(period), "a period that is counted in is locked");
    const used = addQuantities(reached.get(period) ?? {}, input.quantities);
    reached.set(period, used);
    return chargeOfLast(components, used, input.quantities);
  });
}

/** Those whose settlements may cost more than is held for them, each once, in order: their balance must be known. */
export function openAmounts({ found, leases }: Gathered, rated: readonly Nanos[]): Party[] {
  const left = new Map([...leases].map(([id, { amountNanos }]) => [id, amountNanos]));
  const parties = new Map<Id<"customer">, Party>();
  for (const [at, each] of found.entries()) {
    const heldNanos = takeHeld(each, rated[at] ?? 0n, left);
    if (heldNanos < (rated[at] ?? 0n)) parties.set(each.input.party.customer, each.input.party);
  }
  return [...parties.values()].sort((a, b) => (a.customer < b.customer ? -1 : 1));
}

/** How much the settlements of each period cost beyond what is held for them. */
export function beyondHolds({ found, leases }: Gathered, rated: readonly Nanos[]): ReadonlyMap<Id<"period">, Nanos> {
  const left = new Map([...leases].map(([id, { amountNanos }]) => [id, amountNanos]));
  const beyond = new Map<Id<"period">, Nanos>();
  for (const [at, each] of found.entries()) {
    const beyondNanos = (rated[at] ?? 0n) - takeHeld(each, rated[at] ?? 0n, left);
    if (beyondNanos > 0n) beyond.set(each.period, (beyond.get(each.period) ?? 0n) + beyondNanos);
  }
  return beyond;
}

/** What is held for a settlement: all of its own hold, or as much of its lease as it costs and the lease has left. */
function takeHeld({ hold, lease }: Found, amountNanos: Nanos, left: Map<Id<"hold">, Nanos>): Nanos {
  if (!lease) return hold?.amountNanos ?? 0n;
  const leftNanos = left.get(lease) ?? 0n;
  const takenNanos = leftNanos < amountNanos ? leftNanos : amountNanos;
  left.set(lease, leftNanos - takenNanos);
  return takenNanos;
}

/** Kept credit that a period is lent: only its own settlements may be paid from it. */
export interface KeptLent {
  readonly party: KeptParty;
  readonly lentNanos: Nanos;
  /** For these settlements, beside it. */
  readonly freshNanos: Nanos;
}

/** Of the periods whose customers have kept credit. */
export type KeptByPeriod = ReadonlyMap<Id<"period">, KeptLent>;

export interface MoneyFacts {
  readonly gathered: Gathered;
  readonly counts: CountPlan;
  readonly counters: CountersOf;
  readonly rated: readonly Nanos[];
  readonly kept: KeptByPeriod;
  /** What can be paid beyond all holds and what is lent, of those who may need it. */
  readonly balances: ReadonlyMap<Id<"account">, Nanos>;
}

export interface MoneyPlan {
  readonly events: readonly UsageEventRow[];
  readonly entries: readonly FirstEntry[];
  readonly leases: readonly HoldChange[];
  /** How the held amounts of accounts change. */
  readonly heldBy: ReadonlyMap<Id<"account">, Nanos>;
  /** Periods in which more was held than was charged. */
  readonly gaveBackIn: ReadonlySet<Id<"period">>;
}

export function planMoney(facts: MoneyFacts): MoneyPlan {
  const { gathered, rated } = facts;
  const heldBy = new Map<Id<"account">, Nanos>();
  const hold = (account: Id<"account">, byNanos: Nanos): void =>
    void heldBy.set(account, (heldBy.get(account) ?? 0n) + byNanos);
  const gaveBackIn = new Set<Id<"period">>();
  const purse = new Purse(facts);
  const left = new Map([...gathered.leases].map(([id, { amountNanos }]) => [id, amountNanos]));
  const dues = gathered.found.map((each, at) => {
    const amountNanos = rated[at] ?? 0n;
    const heldNanos = takeHeld(each, amountNanos, left);
    if (each.hold) hold(each.hold.account, -heldNanos);
    if (heldNanos > amountNanos) gaveBackIn.add(each.period);
    return purse.payBeyond(each, amountNanos - heldNanos);
  });
  for (const { account, amountNanos } of gathered.freed) hold(account, -amountNanos);
  const leases = planLeases(facts, left);
  for (const { id, amountNanos } of leases) {
    const lease = must(gathered.leases.get(id), "a lease that is planned was found");
    hold(lease.account, amountNanos - lease.amountNanos);
    const period = must(facts.counts.leases.get(id), "a lease reserves something").period;
    if (amountNanos < (left.get(id) ?? 0n)) gaveBackIn.add(period);
  }
  return { ...planPostings(gathered, rated, dues), leases, heldBy, gaveBackIn };
}

/** What the settlements of a batch can pay beyond what is held for them. */
class Purse {
  readonly #available: Map<Id<"account">, Nanos>;
  /** Of kept credit, by period: what is lent for these settlements, and how much of what is given back had been lent. */
  readonly #kept: Map<Id<"period">, { freeNanos: Nanos; lentNanos: Nanos }>;

  constructor({ balances, kept }: MoneyFacts) {
    this.#available = new Map(balances);
    this.#kept = new Map([...kept].map(([id, of]) => [id, { freeNanos: of.freshNanos, lentNanos: of.lentNanos }]));
  }

  /** Takes from what is available, or adds to it what was held too much; returns what is missing. */
  payBeyond({ input, period }: Found, beyondNanos: Nanos): Nanos {
    const account = accountId(accountOf("customer", input.party));
    const freeNanos = this.#available.get(account) ?? 0n;
    const restNanos = this.#payFromKept(period, beyondNanos);
    if (restNanos <= 0n) {
      this.#available.set(account, freeNanos - restNanos);
      return 0n;
    }
    const drawnNanos = freeNanos <= 0n ? 0n : freeNanos < restNanos ? freeNanos : restNanos;
    this.#available.set(account, freeNanos - drawnNanos);
    return restNanos - drawnNanos;
  }

  /** The same of what only this period may use; returns what is still to be taken or added. */
  #payFromKept(period: Id<"period">, beyondNanos: Nanos): Nanos {
    const kept = this.#kept.get(period);
    if (!kept) return beyondNanos;
    if (beyondNanos <= 0n) {
      const backNanos = kept.lentNanos < -beyondNanos ? kept.lentNanos : -beyondNanos;
      kept.lentNanos -= backNanos;
      kept.freeNanos += backNanos;
      return beyondNanos + backNanos;
    }
    const drawnNanos = kept.freeNanos < beyondNanos ? kept.freeNanos : beyondNanos;
    kept.freeNanos -= drawnNanos;
    return beyondNanos - drawnNanos;
  }
}

/** A lease holds what is left of its amount, and never more than the dearest that its units can be. */
function planLeases({ gathered, counts, counters }: MoneyFacts, left: ReadonlyMap<Id<"hold">, Nanos>) {
  return [...counts.leases].map(([id, reservation]) => {
    const { components } = must(gathered.terms.get(reservation.period), "a lease's period is locked");
    const mostNanos = mostOfLease(reservation, components, counters.get(reservation.period) ?? noCounters);
    const leftNanos = left.get(id) ?? 0n;
    const amountNanos = mostNanos < leftNanos ? mostNanos : leftNanos;
    return { id, amountNanos, detail: JSON.stringify(reservation) };
  });
}

const minuteMs = 60_000;

/** One entry for each customer, period and minute, its postings summed by what they are about. */
function planPostings(
  { found, terms }: Gathered,
  rated: readonly Nanos[],
  dues: readonly Nanos[],
): Pick<MoneyPlan, "events" | "entries"> {
  const books = new Map<string, { readonly entry: FirstEntry; readonly postings: Map<string, NewPosting> }>();
  const events = found.map((each, at) => {
    const { input, period } = each;
    const [amountNanos, dueNanos] = [rated[at] ?? 0n, dues[at] ?? 0n];
    const nothing = amountNanos === 0n && input.costNanos === 0n;
    const name = `${input.party.customer} ${period} ${Math.floor(input.atMs / minuteMs)}`;
    if (!nothing && !books.has(name)) books.set(name, { entry: emptyEntry(each), postings: new Map() });
    const book = nothing ? undefined : books.get(name);
    const charge: Charge = { amountNanos, dueNanos, entry: book?.entry.id ?? null };
    if (book) for (const posting of postingsOf(each, charge)) addPosting(book.postings, posting);
    return eventRow(input, must(terms.get(period), "a period that is counted in is locked"), charge);
  });
  const entries = [...books.values()].map(({ entry, postings }) => {
    const all = [...postings.values()].filter((posting) => posting.amountNanos !== 0n);
    return Object.assign({}, entry, { postings: all });
  });
  return { events, entries };
}

function emptyEntry({ input }: Found): FirstEntry {
  const { atMs, nowMs, prediction } = input;
  return { id: newId("entry", nowMs), kind: "usage", cause: prediction, atMs, nowMs, postings: [] };
}

function postingsOf({ input }: Found, { amountNanos, dueNanos }: Charge): NewPosting[] {
  const { party, costNanos, model, release } = input;
  const { product, customer, partner } = party;
  const dimensions = { product, model, release, customer, partner };
  return [
    { account: accountOf("customer", party), amountNanos: dueNanos - amountNanos, dimensions },
    { account: accountOf("receivable", party), amountNanos: -dueNanos, dimensions },
    { account: accountOf("usageRevenue", party), amountNanos, dimensions },
    { account: accountOf("cost", party), amountNanos: -costNanos, dimensions },
    { account: accountOf("costPayable", party), amountNanos: costNanos, dimensions },
  ];
}

function addPosting(postings: Map<string, NewPosting>, posting: NewPosting): void {
  const { product, model, release, partner } = posting.dimensions ?? {};
  const name = `${posting.account.kind} ${product} ${model} ${release} ${partner}`;
  const amountNanos = (postings.get(name)?.amountNanos ?? 0n) + posting.amountNanos;
  postings.set(name, { ...posting, amountNanos });
}
