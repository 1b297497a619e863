import type { Id } from "../../../kernel/ids.ts";

/*
 * An independent bookkeeper of one prepaid customer with credit that is kept to products: plain numbers, no SQL. It is told
 * what happened and predicts balance, debts and what is left of each grant.
 */

interface Grant {
  readonly id: string;
  readonly products: readonly string[];
  readonly priority: number;
  readonly expiresAtMs: number | null;
  free: bigint;
  /** By period. */
  readonly lent: Map<string, bigint>;
  readonly used: Map<string, bigint>;
}

interface Hold {
  readonly hold: Id<"hold">;
  readonly period: string;
  readonly product: string;
  readonly amountNanos: bigint;
}

export class KeptModel {
  /** Kept credit that had paid and came back. */
  backNanos = 0n;
  #balance: bigint;
  #due = 0n;
  readonly #grants: Grant[] = [];
  readonly #holds: Hold[] = [];
  /** What usage was charged, by period. */
  readonly #charged = new Map<string, bigint>();

  constructor(balanceNanos: bigint) {
    this.#balance = balanceNanos;
  }

  state() {
    const left = Object.fromEntries(this.#grants.map((grant) => [grant.id, leftOf(grant)]));
    return { balanceNanos: this.#balance, dueNanos: this.#due, left };
  }

  grant(
    of: Pick<Grant, "id" | "priority" | "expiresAtMs"> & { products: readonly string[] | null; amountNanos: bigint },
  ) {
    this.#balance += of.amountNanos;
    if (of.products === null) return;
    const { amountNanos: free, products, ...rest } = of;
    this.#grants.push({ ...rest, products, free, lent: new Map(), used: new Map() });
    const end = (grant: Grant): number => grant.expiresAtMs ?? Number.MAX_SAFE_INTEGER;
    this.#grants.sort((a, b) => a.priority - b.priority || end(a) - end(b) || (a.id < b.id ? -1 : 1));
  }

  receive(nanos: bigint): void {
    const paid = least(this.#due, nanos);
    this.#due -= paid;
    this.#balance += nanos - paid;
  }

  refund(nanos: bigint): void {
    this.#balance -= nanos;
  }

  admits(product: string, nanos: bigint): boolean {
    const free = sum(this.#for(product).map((grant) => grant.free));
    return this.#available() + free >= nanos;
  }

  admit(hold: Hold): void {
    this.#lend(hold.product, hold.period, hold.amountNanos);
    this.#holds.push(hold);
  }

  release(id: Id<"hold">): void {
    const [hold] = this.#end(id);
    if (hold) this.#takeBack(hold.period);
  }

  settle(of: { hold: Id<"hold"> | null; period: string; product: string; chargeNanos: bigint }): void {
    const held = of.hold === null ? 0n : (this.#holds.find(({ hold }) => hold === of.hold)?.amountNanos ?? 0n);
    const beyond = of.chargeNanos > held ? of.chargeNanos - held : 0n;
    const rest = this.#available();
    const fresh = this.#lend(of.product, of.period, beyond);
    const missing = beyond - fresh > rest ? beyond - fresh - rest : 0n;
    if (of.hold !== null) this.#end(of.hold);
    this.#due += missing;
    this.#balance -= of.chargeNanos - missing;
    add(this.#charged, of.period, of.chargeNanos);
    let left = of.chargeNanos - missing;
    for (const grant of this.#grants) {
      const used = least(grant.lent.get(of.period) ?? 0n, left);
      left -= used;
      add(grant.lent, of.period, -used);
      add(grant.used, of.period, used);
    }
    this.#takeBack(of.period);
  }

  close(period: string, totalNanos: bigint): void {
    const charge = totalNanos - (this.#charged.get(period) ?? 0n);
    const drawn = charge > 0n ? least(charge, this.#available()) : charge;
    this.#balance -= drawn;
    this.#due += charge - drawn;
    this.#limit(period, totalNanos);
  }

  credit(period: string, nanos: bigint, leftNanos: bigint): void {
    const kept = this.#limit(period, leftNanos);
    this.#balance += kept;
    this.receive(nanos - kept);
  }

  expire(nowMs: number): void {
    for (const grant of this.#grants) {
      if ((grant.expiresAtMs ?? Number.MAX_SAFE_INTEGER) > nowMs) continue;
      this.#balance -= grant.free;
      grant.free = 0n;
    }
  }

  #available(): bigint {
    return this.#balance - sum(this.#holds.map((hold) => hold.amountNanos)) - sum(this.#grants.map(({ free }) => free));
  }

  #for = (product: string): Grant[] => this.#grants.filter(({ products }) => products.includes(product));

  #end(id: Id<"hold">): Hold[] {
    return this.#holds.splice(
      this.#holds.findIndex(({ hold }) => hold === id),
      1,
    );
  }

  #lend(product: string, period: string, nanos: bigint): bigint {
    let left = nanos;
    for (const grant of this.#for(product)) {
      const lent = least(grant.free, left);
      left -= lent;
      grant.free -= lent;
      add(grant.lent, period, lent);
    }
    return nanos - left;
  }

  #takeBack(period: string): void {
    const held = sum(this.#holds.filter((hold) => hold.period === period).map((hold) => hold.amountNanos));
    let left = sum(this.#grants.map(({ lent }) => lent.get(period) ?? 0n)) - held;
    for (const grant of this.#grants.toReversed()) {
      const back = left > 0n ? least(grant.lent.get(period) ?? 0n, left) : 0n;
      left -= back;
      grant.free += back;
      add(grant.lent, period, -back);
    }
  }

  /** What kept credit has paid beyond what is left of the invoice is kept credit again. */
  #limit(period: string, leftNanos: bigint): bigint {
    const used = sum(this.#grants.map((grant) => grant.used.get(period) ?? 0n));
    const beyond = used > leftNanos ? used - leftNanos : 0n;
    this.backNanos += beyond;
    let left = beyond;
    for (const grant of this.#grants.toReversed()) {
      const back = least(grant.used.get(period) ?? 0n, left);
      left -= back;
      grant.free += back;
      add(grant.used, period, -back);
    }
    return beyond;
  }
}

const leftOf = ({ free, lent }: Grant): bigint => free + sum([...lent.values()]);
const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const sum = (all: readonly bigint[]): bigint => all.reduce((total, each) => total + each, 0n);
const add = (to: Map<string, bigint>, name: string, nanos: bigint): void =>
  void to.set(name, (to.get(name) ?? 0n) + nanos);
