import type { Clock } from "../kernel/clock.ts";
import type { Id } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import type { Log } from "../kernel/log.ts";
import {
  type Apart,
  type Party,
  type Quantities,
  countsOf,
  leaseUnit,
  releaseUnit,
  renewUnit,
  shrinkUnit,
  wantedLeases,
} from "../sell/index.ts";
import type { Store } from "../store/index.ts";
import { type Demand, noteDemand, openDemand, wantedOf } from "./demand.ts";

/** What one request may use of a lease. */
export interface Share {
  readonly lease: Id<"hold">;
  readonly reserved: Quantities;
  /** Once, when its settlement is durable or its work was not done: what was not used is there for others. */
  end(used: Quantities): void;
}

/** Who asks, and whom a lease for it must be for alone. */
export interface Buyer {
  readonly party: Party;
  readonly apart: Apart;
  readonly endUser: string | null;
}

/** The leases of this process: who buys often is admitted here, in memory, without asking the database. */
export interface Leases {
  /** A share that covers what is reserved; undefined when there is none, and the request must be held alone. */
  take(buyer: Buyer, reserve: Quantities): Share | undefined;
  /**
   * Gives back what no request uses, so that others find it, and waits for what is on its way back. Answers whether
   * anything came back since `since`, an earlier answer of `returns()`: then what was refused meanwhile is worth another try.
   */
  giveBack(customer: Id<"customer">, since: number): Promise<boolean>;
  /** How often something came back so far. */
  returns(): number;
  /** Subscriptions and keys that are remembered. */
  size(): number;
  /** Returns idle leases and renews the others; call it every `limits.leaseTendEveryMs`. */
  tend(): Promise<void>;
  /** Returns all. */
  close(): Promise<void>;
}

interface Lease {
  readonly hold: Id<"hold">;
  readonly endMs: number;
  readonly left: Map<string, number>;
  inFlight: number;
  lastUsedMs: number;
  /** By `clock.elapsed`, so that a clock that is set harms nobody. */
  renewedMs: number;
}

/** One subscription, or one key or end user of it whose quota or budget is counted apart. */
interface Desk extends Buyer {
  readonly demand: Demand;
  lease: Lease | undefined;
  asking: Promise<void> | undefined;
  /** What is on its way back. */
  returning: Promise<void> | undefined;
  /** Until then each request is held alone. */
  scarceUntilMs: number;
  readonly number: number;
  /** How many were taken. */
  leases: number;
}

interface Deps {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** Different for each process. */
  readonly owner: string;
}

const marginMs = 2_000;

export function openLeases(deps: Deps): Leases {
  const { store, clock } = deps;
  const desks = new Map<string, Desk>();
  let opened = 0;
  const deskOf = (buyer: Buyer): Desk => {
    const name = deskName(buyer);
    const known = desks.get(name);
    if (known) return known;
    const desk: Desk = {
      ...buyer,
      demand: openDemand(),
      lease: undefined,
      asking: undefined,
      returning: undefined,
      scarceUntilMs: -Infinity,
      number: ++opened,
      leases: 0,
    };
    desks.set(name, desk);
    return desk;
  };
  let returned = 0;
  /** Whoever waits for a return waits for all of the desk's. */
  const returning = (desk: Desk, work: Promise<unknown>, lease: Lease): Promise<void> => {
    const all = Promise.all([desk.returning, work.catch(warnOf(deps, lease))]).then(() => void returned++);
    desk.returning = all;
    void all.finally(() => {
      if (desk.returning === all) desk.returning = undefined;
    });
    return all;
  };
  const release = (desk: Desk, lease: Lease): Promise<void> =>
    returning(desk, store.run(releaseUnit, { hold: lease.hold, nowMs: clock.now() }), lease);
  const giveUp = async (desk: Desk, isWanted = false): Promise<void> => {
    desk.scarceUntilMs = clock.elapsed() + limits.leaseIdleMs;
    await desk.asking;
    const { lease } = desk;
    const by = lease && takeAll(lease);
    if (lease && (by || isWanted)) {
      await returning(desk, store.run(shrinkUnit, { lease: lease.hold, by: by ?? {} }), lease);
    } else await desk.returning;
  };
  /** What other processes have marked. */
  const answerWanted = async (): Promise<void> => {
    if (![...desks.values()].some(({ lease }) => lease)) return;
    const wanted = new Set(await wantedLeases(store, deps.owner));
    if (wanted.size === 0) return;
    for (const desk of desks.values()) if (desk.lease && wanted.has(desk.lease.hold)) await giveUp(desk, true);
  };
  const tendOne = async (name: string, desk: Desk): Promise<void> => {
    const { lease } = desk;
    const nowMs = clock.elapsed();
    if (!lease) {
      if (nowMs - desk.demand.lastMs > limits.leaseTtlMs && !desk.asking && !desk.returning) desks.delete(name);
      return;
    }
    const isIdle = nowMs - lease.lastUsedMs >= limits.leaseIdleMs || clock.now() >= lease.endMs;
    if (!isIdle || lease.inFlight > 0 || desk.asking) return;
    desk.lease = undefined; // before the first await: nobody takes from it any more
    await release(desk, lease);
  };
  return {
    take(buyer, reserve) {
      const desk = deskOf(buyer);
      noteDemand(desk.demand, reserve, clock.elapsed());
      const lease = usable(desk.lease, clock);
      const share = lease && takeShare(lease, reserve, clock);
      if (!desk.asking && wantsMore(desk, lease, clock)) ask(deps, desk, lease, reserve);
      return share;
    },
    async giveBack(customer, since) {
      for (const desk of desks.values()) {
        if (desk.party.customer === customer) await giveUp(desk);
      }
      return returned > since;
    },
    returns: () => returned,
    size: () => desks.size,
    async tend() {
      await answerWanted();
      await Promise.all([...desks].map(([name, desk]) => tendOne(name, desk)));
      await renew(deps, desks);
    },
    async close() {
      for (const desk of desks.values()) {
        await desk.asking;
        const { lease } = desk;
        desk.lease = undefined;
        if (lease) await release(desk, lease);
      }
      desks.clear();
    },
  };
}

function deskName({ party, apart, endUser }: Buyer): string {
  if (!party.quota && apart.revision === 0) return party.subscription;
  const key = party.quota || apart.key ? party.key : "";
  const user = apart.endUser ? (endUser === null ? "of nobody" : `of ${endUser}`) : "";
  return `${party.subscription} ${apart.revision} ${key} ${user}`;
}

function usable(lease: Lease | undefined, clock: Clock): Lease | undefined {
  if (!lease || clock.now() >= lease.endMs) return undefined;
  return clock.elapsed() - lease.renewedMs < limits.leaseTtlMs - marginMs ? lease : undefined;
}

function takeShare(lease: Lease, reserved: Quantities, clock: Clock): Share | undefined {
  const counts = countsOf(reserved);
  if (!counts.every(({ unit, count }) => (lease.left.get(unit) ?? 0) >= count)) return undefined;
  for (const { unit, count } of counts) lease.left.set(unit, (lease.left.get(unit) ?? 0) - count);
  lease.inFlight++;
  lease.lastUsedMs = clock.elapsed();
  let ended = false;
  return {
    lease: lease.hold,
    reserved,
    end(used) {
      if (ended) return;
      ended = true;
      lease.inFlight--;
      for (const { unit, count } of counts) {
        const rest = count - Math.min(count, used[unit] ?? 0);
        if (rest > 0) lease.left.set(unit, (lease.left.get(unit) ?? 0) + rest);
      }
    },
  };
}

/** Busy enough for a first lease, or the one there is will not last. */
function wantsMore(desk: Desk, lease: Lease | undefined, clock: Clock): boolean {
  const nowMs = clock.elapsed();
  if (nowMs < desk.scarceUntilMs) return false;
  const wanted = wantedOf(desk.demand, nowMs);
  if (!wanted) return false;
  return !lease || countsOf(wanted).some(({ unit, count }) => (lease.left.get(unit) ?? 0) < count / 2);
}

/** Asks for a lease, or more of it, beside the requests. */
function ask(deps: Deps, desk: Desk, lease: Lease | undefined, reserve: Quantities): void {
  desk.asking = extend(deps, desk, lease, reserve)
    .catch((error: unknown) => {
      desk.scarceUntilMs = deps.clock.elapsed() + limits.leaseIdleMs;
      deps.log.warn({ subscription: desk.party.subscription, reason: String(error) }, "no lease was taken");
    })
    .finally(() => (desk.asking = undefined));
}

async function extend(deps: Deps, desk: Desk, lease: Lease | undefined, reserve: Quantities): Promise<void> {
  const { store, clock, owner } = deps;
  const askedMs = clock.elapsed();
  const nowMs = clock.now();
  const least = Object.fromEntries(countsOf(reserve).map(({ unit, count }) => [unit, count * limits.leaseRequestsMin]));
  const wanted = { ...least, ...wantedOf(desk.demand, askedMs) };
  if (!lease && desk.lease) await retire(deps, desk); // it is of another period, or nobody knows whether it stands
  const outcome = await store.run(leaseUnit, {
    party: desk.party,
    apart: desk.apart,
    endUser: desk.apart.endUser ? desk.endUser : null,
    lease: lease?.hold ?? null,
    wanted,
    least,
    owner: `${owner}/${desk.number}/${++desk.leases}`,
    nowMs,
    expiresAtMs: nowMs + limits.leaseTtlMs,
  });
  if (outcome.state === "scarce") desk.scarceUntilMs = askedMs + limits.leaseIdleMs;
  if (outcome.state === "ended") await retire(deps, desk);
  if (outcome.state !== "leased") return;
  const standing = lease ?? {
    hold: outcome.hold,
    endMs: outcome.endMs,
    left: new Map(),
    inFlight: 0,
    lastUsedMs: clock.elapsed(),
    renewedMs: askedMs,
  };
  for (const { unit, count } of countsOf(outcome.added))
    standing.left.set(unit, (standing.left.get(unit) ?? 0) + count);
  desk.lease = standing;
}

/** Gives a lease up. What it admitted is settled without it. */
async function retire(deps: Deps, desk: Desk): Promise<void> {
  const { lease } = desk;
  desk.lease = undefined;
  if (!lease) return;
  await deps.store.run(releaseUnit, { hold: lease.hold, nowMs: deps.clock.now() }).catch(warnOf(deps, lease));
}

/** What no request uses; nothing if that is nothing. */
function takeAll(lease: Lease): Quantities | undefined {
  const all = Object.fromEntries(lease.left) as Quantities;
  lease.left.clear();
  return countsOf(all).length > 0 ? all : undefined;
}

/** In time before they expire; those that have ended nevertheless are forgotten. */
async function renew(deps: Deps, desks: ReadonlyMap<string, Desk>): Promise<void> {
  const { store, clock } = deps;
  const askedMs = clock.elapsed();
  const due = [...desks.values()].filter(({ lease }) => lease && askedMs - lease.renewedMs >= limits.leaseTtlMs / 4);
  if (due.length === 0) return;
  const leases = due.flatMap(({ lease }) => (lease ? [lease.hold] : []));
  const standing = new Set(await store.run(renewUnit, { leases, expiresAtMs: clock.now() + limits.leaseTtlMs }));
  for (const desk of due) {
    if (!desk.lease) continue;
    if (standing.has(desk.lease.hold)) desk.lease.renewedMs = askedMs;
    else desk.lease = undefined;
  }
}

const warnOf =
  ({ log }: Deps, { hold }: Lease) =>
  (error: unknown): void =>
    log.warn({ hold, reason: String(error) }, "a lease could not be returned; it expires by itself");
