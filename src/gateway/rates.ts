import type { Clock } from "../kernel/clock.ts";
import { Refusal } from "../kernel/errors.ts";
import { limits } from "../kernel/limits.ts";
import type { Log } from "../kernel/log.ts";
import {
  type Quantities,
  type Rate,
  type RateReturn,
  rateUnitsIn,
  returnRatesUnit,
  takeRateUnit,
  wantedRates,
} from "../sell/index.ts";
import type { Store } from "../store/index.ts";
import { type Meter, carry, minuteMs, nameOf, openMeter, windowOf, worthTaking } from "./meter.ts";

/*
 * Fixed windows with shares. A limit is for a minute of the clock; the database says how much of it was given out, and a
 * process that needs some takes a share, at most an eighth of what is left beyond what waits, and counts in memory from
 * then on. A share is worth nothing once its minute is over, so that a process that dies needs nobody to clean up. A token
 * bucket would need the time of the last refill agreed between processes, and its shares would have to come back.
 */

/** The limit that is nearest to its end, for the answer's headers. */
export interface RateState {
  readonly limit: number;
  readonly remaining: number;
  readonly resetSeconds: number;
}

export interface RateTicket {
  readonly state: RateState;
  /** Once, when it is known what the request used: a reservation of tokens that was too large or small is put right. */
  end(used: Quantities): void;
}

export interface Rates {
  /** Refusals: `rate_limited` with the time to the next minute; `too_large` of what no minute has room for. */
  take(rates: readonly Rate[], reserve: Quantities, onState?: (state: RateState) => void): Promise<RateTicket>;
  /** Gives back what lies unused, and what others want; call it every `limits.leaseTendEveryMs`. */
  tend(): Promise<void>;
  /** Gives all back. */
  close(): Promise<void>;
  /** Subscriptions and keys that are remembered. */
  size(): number;
}

interface Deps {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
}

interface Need {
  readonly meter: Meter;
  readonly rate: Rate;
  readonly count: number;
}

export function openRates(deps: Deps): Rates {
  const { clock } = deps;
  const meters = new Map<string, Meter>();
  const needsOf = (rates: readonly Rate[], reserve: Quantities): Need[] =>
    rates.flatMap((rate) => {
      const count = rateUnitsIn[rate.unit](reserve);
      if (count === 0) return [];
      const name = nameOf(rate);
      let meter = meters.get(name);
      if (!meter) meters.set(name, (meter = openMeter(rate)));
      return [{ meter, rate, count }];
    });
  const give = (filter: (meter: Meter) => boolean): Promise<void> =>
    giveBack(deps, [...meters.values()].filter(filter));
  return {
    async take(rates, reserve, onState) {
      const needs = needsOf(rates, reserve);
      for (const need of needs) assertPossible(need);
      for (;;) {
        const nowMs = clock.now();
        for (const { meter } of needs) carry(meter, windowOf(nowMs));
        const short = needs.filter(({ meter, count }) => meter.left < count);
        if (short.length === 0) break;
        const spent = short.find(({ meter }) => clock.elapsed() < meter.dryUntilMs);
        if (spent) {
          onState?.(stateOf(spent, nowMs));
          throw refusalOf(spent, nowMs);
        }
        await Promise.all(short.map((need) => waitFor(deps, need)));
      }
      const ticket = ticketOf(needs, clock);
      onState?.(ticket.state);
      for (const { meter, rate } of needs) askAhead(deps, meter, rate);
      return ticket;
    },
    async tend() {
      if (meters.size === 0) return;
      const nowMs = clock.elapsed();
      const wanted = new Set((await wantedRates(deps.store, clock.now() - minuteMs)).map(nameOf));
      for (const meter of meters.values()) if (wanted.has(nameOf(meter))) meter.wantedUntilMs = nowMs + minuteMs / 2;
      await give((meter) => wanted.has(nameOf(meter)) || nowMs - meter.lastUsedMs >= limits.leaseIdleMs);
      for (const [name, meter] of meters) {
        if (nowMs - meter.lastUsedMs > 2 * minuteMs && !meter.asking) meters.delete(name);
      }
    },
    async close() {
      for (const { asking } of meters.values()) await asking;
      await give(() => true);
      meters.clear();
    },
    size: () => meters.size,
  };
}

/** What a request needs of a meter that has too little is asked for together with what others need. */
async function waitFor(deps: Deps, { meter, rate, count }: Need): Promise<void> {
  meter.waiting += count;
  try {
    if (meter.asking) await meter.asking; // it may have been asked before this request came
    else await ask(deps, meter, rate);
  } finally {
    meter.waiting -= count;
  }
}

function ask(deps: Deps, meter: Meter, rate: Rate): Promise<void> {
  meter.asking = askFor(deps, meter, rate).finally(() => (meter.asking = undefined));
  return meter.asking;
}

async function askFor({ store, clock }: Deps, meter: Meter, rate: Rate): Promise<void> {
  const nowMs = clock.now();
  const startMs = Math.max(windowOf(nowMs), meter.startMs);
  const need = Math.max(0, meter.waiting - meter.left);
  const wanted = worthTaking(meter, clock.elapsed());
  const share = await store.run(takeRateUnit, { ...rate, startMs, need, wanted, nowMs });
  if (share.startMs < meter.startMs) return; // the minute went by meanwhile
  carry(meter, share.startMs);
  meter.left += share.granted;
  meter.elsewhere = share.left;
  if (share.granted < need) meter.dryUntilMs = clock.elapsed() + limits.rateAskAgainMs;
}

/** Asks beside the requests for more, when what there is will not last. */
function askAhead(deps: Deps, meter: Meter, rate: Rate): void {
  const nowMs = deps.clock.elapsed();
  if (meter.asking || nowMs < meter.dryUntilMs || meter.elsewhere === 0) return;
  if (meter.left >= worthTaking(meter, nowMs) / 2) return;
  void ask(deps, meter, rate).catch((error: unknown) => {
    deps.log.warn({ bucket: rate.bucket, reason: String(error) }, "no share of a limit was taken");
  });
}

function ticketOf(needs: readonly Need[], clock: Clock): RateTicket {
  const taken = needs.map(({ meter, rate, count }) => {
    meter.left -= count;
    meter.note(count, clock.elapsed());
    return { meter, unit: rate.unit, count, startMs: meter.startMs };
  });
  let ended = false;
  return {
    state: nearest(needs, clock.now()),
    end(used) {
      if (ended) return;
      ended = true;
      for (const { meter, unit, count, startMs } of taken) {
        const rest = count - rateUnitsIn[unit](used);
        if (rest < 0 || meter.startMs === startMs) meter.left += rest; // what was too much is missing from now on
      }
    },
  };
}

function nearest(needs: readonly Need[], nowMs: number): RateState {
  const states = needs.map((need) => stateOf(need, nowMs));
  const part = ({ remaining, limit }: RateState): number => remaining / limit;
  return states.reduce((a, b) => (part(b) < part(a) ? b : a));
}

function stateOf({ meter, rate }: Need, nowMs: number): RateState {
  const remaining = Math.max(0, Math.min(rate.perMinute, meter.left + meter.elsewhere));
  return { limit: rate.perMinute, remaining, resetSeconds: secondsLeft(meter, nowMs) };
}

const secondsLeft = ({ startMs }: Meter, nowMs: number): number =>
  Math.max(1, Math.ceil((startMs + minuteMs - nowMs) / 1_000));

function assertPossible({ rate, count }: Need): void {
  if (count <= rate.perMinute) return;
  throw new Refusal(
    "too_large",
    `This may use ${count} tokens, and at most ${rate.perMinute} are allowed in a minute.`,
    { hint: "Ask for fewer with `max_tokens`, or send a shorter text." },
  );
}

function refusalOf({ meter, rate, count }: Need, nowMs: number): Refusal {
  const subject = rate.bucket.startsWith("key_") ? "This key's limit" : "The limit";
  const more = rate.unit === "tokens" ? ` This may use ${count}.` : "";
  return new Refusal("rate_limited", `${subject} of ${rate.perMinute} ${rate.unit} a minute is reached.${more}`, {
    hint: "Wait for the next minute.",
    retryAfterSeconds: secondsLeft(meter, nowMs),
  });
}

async function giveBack({ store, log }: Deps, meters: readonly Meter[]): Promise<void> {
  const returns: RateReturn[] = [];
  for (const meter of meters) {
    if (meter.left <= 0 || meter.asking) continue;
    returns.push({ bucket: meter.bucket, unit: meter.unit, startMs: meter.startMs, count: meter.left });
    meter.elsewhere += meter.left;
    meter.left = 0; // before the first await: nobody takes from it any more
  }
  if (returns.length === 0) return;
  await store.run(returnRatesUnit, returns).catch((error: unknown) => {
    log.warn({ reason: String(error) }, "a share of a limit could not be returned; its minute ends it");
  });
}
