/**
 * An independent bookkeeper: plain arrays, no SQL, nothing imported from the modules it audits. Told of every operation,
 * it predicts the outcome and every balance, counter, hold, invoice and commission.
 */
export interface Rules {
  /** What each unit costs: the first is predictions, which the key's quota counts, the second output tokens. */
  readonly rates: readonly { readonly free: number; readonly nanos: bigint }[];
  readonly feeNanos: bigint;
  readonly capNanos: bigint | null;
  readonly quotaUnits: number | null;
  readonly limitNanos: bigint;
  readonly postpaid: boolean;
}

/** How many of each unit, in the order of the rates. */
export type Counts = readonly number[];

export interface HoldBook {
  readonly month: number;
  readonly units: Counts;
  readonly request: string;
  readonly expiresAtMs: number;
  nanos: bigint;
  state: "open" | "taken" | "released" | "expired";
}

interface EventBook {
  readonly prediction: number;
  readonly month: number;
  readonly units: Counts;
  readonly nanos: bigint;
  readonly dueNanos: bigint;
  readonly costNanos: bigint;
  readonly late: boolean;
}

export interface InvoiceBook {
  readonly number: number;
  readonly kind: "invoice" | "credit_note";
  readonly lines: readonly bigint[];
  readonly units: Counts;
  readonly totalNanos: bigint;
  readonly dueNanos: bigint;
  readonly carriedOutNanos: bigint;
  readonly month: number;
}

export interface Books {
  readonly rules: Rules;
  readonly accounts: Record<string, bigint>;
  readonly holds: HoldBook[];
  readonly events: EventBook[];
  readonly invoices: InvoiceBook[];
  readonly payments: Map<string, bigint>;
  closedMonths: number;
  carriedNanos: bigint;
  partnerShare: bigint | null;
  commissions: { readonly of: number; readonly baseNanos: bigint; readonly nanos: bigint }[];
}

export function openBooks(rules: Rules): Books {
  const kinds = ["customer", "receivable", "usage_revenue", "fee_revenue", "rounding", "cost", "cost_payable", "cash"];
  return {
    rules,
    accounts: Object.fromEntries(kinds.map((kind) => [kind, 0n])),
    holds: [],
    events: [],
    invoices: [],
    payments: new Map(),
    closedMonths: 0,
    carriedNanos: 0n,
    partnerShare: null,
    commissions: [],
  };
}

export const monthStartMs = (month: number): number => Date.UTC(2026, month, 1);

function monthAt(ms: number): number {
  let month = -1;
  while (monthStartMs(month + 1) <= ms) month++;
  return month;
}

const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((total, amount) => total + amount, 0n);
const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);

const none: Counts = [0, 0];
const plus = (a: Counts, b: Counts): Counts => a.map((n, at) => n + (b[at] ?? 0));
const minus = (a: Counts, b: Counts): Counts => a.map((n, at) => n - (b[at] ?? 0));
const total = (all: readonly Counts[]): Counts => all.reduce(plus, none);
const isNone = (counts: Counts): boolean => counts.every((n) => n === 0);

function pricesOf({ rates }: Rules, counts: Counts): bigint[] {
  return rates.map(({ free, nanos }, at) => {
    const n = counts[at] ?? 0;
    return n > free ? BigInt(n - free) * nanos : 0n;
  });
}

const price = (rules: Rules, counts: Counts): bigint => sum(pricesOf(rules, counts));

export const openIn = (books: Books, month?: number): HoldBook[] =>
  books.holds.filter((hold) => hold.state === "open" && (month === undefined || hold.month === month));
export const usedIn = (books: Books, month?: number): Counts =>
  total(books.events.filter((event) => month === undefined || event.month === month).map((event) => event.units));
export const heldUnits = (books: Books, month?: number): Counts =>
  total(openIn(books, month).map((hold) => hold.units));
export const heldNanos = (books: Books): bigint => sum(openIn(books).map((hold) => hold.nanos));
export const availableNanos = (books: Books): bigint =>
  (books.accounts["customer"] ?? 0n) + books.rules.limitNanos - heldNanos(books);

function move(books: Books, amounts: Record<string, bigint>): void {
  if (sum(Object.values(amounts)) !== 0n) throw new Error("the auditor's own entry does not sum to zero");
  for (const [kind, nanos] of Object.entries(amounts)) books.accounts[kind] = (books.accounts[kind] ?? 0n) + nanos;
}

export function pay(books: Books, reference: string, nanos: bigint): string {
  const known = books.payments.get(reference);
  if (known !== undefined) return known === nanos ? "duplicate" : "conflict";
  books.payments.set(reference, nanos);
  const due = least(-(books.accounts["receivable"] ?? 0n), nanos);
  move(books, { receivable: due, customer: nanos - due, cash: -nanos });
  return "received";
}

export function admit(books: Books, request: string, units: Counts, nowMs: number, ttlMs: number): string {
  const { rules } = books;
  const month = Math.max(monthAt(nowMs), books.closedMonths);
  const reached = plus(plus(usedIn(books, month), heldUnits(books, month)), units);
  const nanos = price(rules, reached) - price(rules, minus(reached, units));
  const [answers = 0] = units;
  const [counted = 0] = plus(usedIn(books), heldUnits(books));
  const quotaLeft = rules.quotaUnits === null ? answers : rules.quotaUnits - counted;
  const standing = books.holds.find((hold) => hold.request === request && ["open", "taken"].includes(hold.state));
  if (standing) return `duplicate ${standing.state}`;
  if (answers > quotaLeft) return "quota_exceeded";
  if (rules.capNanos !== null && price(rules, reached) > rules.capNanos) return "quota_exceeded";
  if (nanos > 0n && nanos > availableNanos(books)) return "insufficient_credit";
  books.holds.push({ month, units, request, expiresAtMs: nowMs + ttlMs, nanos, state: "open" });
  return `admitted ${nanos}`;
}

export interface Used {
  readonly prediction: number;
  readonly units: Counts;
  readonly costNanos: bigint;
  readonly atMs: number;
}

export function settle(books: Books, hold: HoldBook | undefined, used: Used): string {
  const { rules } = books;
  const known = books.events.find((event) => event.prediction === used.prediction);
  if (known) {
    if (hold?.state === "open") hold.state = "taken";
    return `duplicate ${known.nanos}`;
  }
  const taken = hold?.state === "open" ? hold : undefined;
  const month = taken ? taken.month : Math.max(monthAt(used.atMs), books.closedMonths);
  const before = usedIn(books, month);
  const nanos = price(rules, plus(before, used.units)) - price(rules, before);
  const beyond = nanos - (taken?.nanos ?? 0n);
  const free = availableNanos(books);
  const dueNanos = beyond > 0n ? beyond - least(beyond, free > 0n ? free : 0n) : 0n;
  if (taken) taken.state = "taken";
  const late = !taken && monthStartMs(month) > used.atMs;
  const { prediction, units, costNanos } = used;
  books.events.push({ prediction, month, units, nanos, dueNanos, costNanos, late });
  move(books, { customer: dueNanos - nanos, receivable: -dueNanos, usage_revenue: nanos });
  move(books, { cost: -costNanos, cost_payable: costNanos });
  if (taken && nanos < taken.nanos) coverMonth(books, month);
  return `settled ${nanos}`;
}

/** After something was given back: who settled first got the free units, what is still in flight must be able to pay. */
function coverMonth(books: Books, month: number): void {
  const used = usedIn(books, month);
  const all = plus(used, heldUnits(books, month));
  const holds = openIn(books, month);
  for (const hold of holds) {
    const missing = price(books.rules, all) - price(books.rules, used) - sum(holds.map((other) => other.nanos));
    const room = price(books.rules, all) - price(books.rules, minus(all, hold.units)) - hold.nanos;
    const free = availableNanos(books); // less than what is missing when more was used than had been held
    if (missing > 0n && room > 0n && free > 0n) hold.nanos += least(least(missing, room), free);
  }
}

export function release(books: Books, hold: HoldBook): string {
  if (hold.state !== "open") return "gone";
  hold.state = "released";
  coverMonth(books, hold.month);
  return "released";
}

export function sweep(books: Books, nowMs: number): number {
  const due = openIn(books).filter((hold) => hold.expiresAtMs <= nowMs);
  for (const hold of due.sort((a, b) => a.expiresAtMs - b.expiresAtMs)) {
    hold.state = "expired";
    coverMonth(books, hold.month); // those that end next are still open, and may be raised before they end
  }
  return due.length;
}

const coin = 10_000_000n;
const wholeCoins = (nanos: bigint): bigint => (nanos < 0n ? 0n : ((nanos + coin / 2n) / coin) * coin);

/** One month, if it is due and nothing is in flight. */
export function close(
  books: Books,
  asOfMs: number,
  graceMs: number,
  number: number,
): "issued" | "not_due" | "in_flight" {
  const { rules, closedMonths: month } = books;
  if (monthStartMs(month + 1) + graceMs > asOfMs) return "not_due";
  if (!isNone(heldUnits(books, month))) return "in_flight";
  const usage = sum(books.events.filter((event) => event.month === month).map((event) => event.nanos));
  const feeExact = rules.feeNanos + books.carriedNanos;
  const fee = wholeCoins(feeExact);
  const lines = [fee];
  let carried = feeExact - fee;
  for (const charge of pricesOf(rules, usedIn(books, month))) {
    const line = wholeCoins(charge + carried);
    carried += charge - line;
    lines.push(line);
  }
  const totalNanos = sum(lines);
  const toCharge = totalNanos - usage;
  const free = availableNanos(books);
  const unpaid = toCharge > 0n ? toCharge - least(toCharge, free > 0n ? free : 0n) : 0n;
  move(books, {
    customer: unpaid - toCharge,
    receivable: -unpaid,
    fee_revenue: rules.feeNanos,
    rounding: toCharge - rules.feeNanos,
  });
  const usageDue = sum(books.events.filter((event) => event.month === month).map((event) => event.dueNanos));
  const dueNanos = rules.postpaid ? totalNanos : usageDue + unpaid;
  const units = usedIn(books, month);
  const carriedOutNanos = carried;
  books.invoices.push({ number, kind: "invoice", lines, units, totalNanos, dueNanos, carriedOutNanos, month });
  books.carriedNanos = carriedOutNanos;
  books.closedMonths++;
  if (books.partnerShare !== null) {
    const nanos = (totalNanos * books.partnerShare) / 10_000n;
    if (nanos > 0n) books.commissions.push({ of: number, baseNanos: totalNanos, nanos });
  }
  return "issued";
}

export function credit(books: Books, invoice: InvoiceBook, number: number): string {
  if (books.invoices.some((other) => other.kind === "credit_note" && other.month === invoice.month)) return "already";
  if (invoice.totalNanos === 0n) return "conflict";
  const { totalNanos, month } = invoice;
  const usage = sum(books.events.filter((event) => event.month === month).map((event) => event.nanos));
  const due = least(-(books.accounts["receivable"] ?? 0n), totalNanos);
  const roundingNanos = totalNanos - usage - books.rules.feeNanos;
  move(books, {
    customer: totalNanos - due,
    receivable: due,
    usage_revenue: -usage,
    fee_revenue: -books.rules.feeNanos,
    rounding: -roundingNanos,
  });
  const dueNanos = books.rules.postpaid ? -totalNanos : -due;
  const lines = invoice.lines.map((nanos) => -nanos);
  const carriedOutNanos = -invoice.carriedOutNanos;
  books.invoices.push({
    ...invoice,
    number,
    kind: "credit_note",
    lines,
    totalNanos: -totalNanos,
    dueNanos,
    carriedOutNanos,
  });
  const earned = books.commissions.find((commission) => commission.of === invoice.number);
  if (earned) books.commissions.push({ of: number, baseNanos: -earned.baseNanos, nanos: -earned.nanos });
  return "credited";
}
