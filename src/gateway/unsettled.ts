import { Refusal } from "../kernel/errors.ts";
import { limits } from "../kernel/limits.ts";
import type { Settlement } from "../sell/index.ts";
import { StoreError } from "../store/index.ts";
import type { Gateway } from "./gateway.ts";
import type { PredictionAndUsage } from "./settle-unit.ts";

/** What a customer has already. */
export interface Delivered {
  readonly settling: PredictionAndUsage;
  /** What was reserved for it is free, once it is recorded late. */
  settled(): void;
}

/** An answer was delivered, but the database could not record it; it is recorded as soon as the database is there. */
export class Unsettled extends Refusal {
  constructor() {
    super(
      "unavailable",
      "This answer was delivered, but the database is away; it is recorded and billed when it is back.",
    );
  }
}

/**
 * Settles what the customer has already. When the database is away it is kept in memory and tried again until it is written:
 * usage is not lost while this process lives. Throws `Unsettled` then.
 */
export async function settleDelivered(gateway: Gateway, delivered: Delivered): Promise<Settlement> {
  const { settling } = delivered;
  try {
    return await gateway.settlements.settle(settling);
  } catch (error) {
    if (!isAway(error)) throw error;
    gateway.unsettled.set(settling.prediction.id, delivered);
    gateway.deps.log.error(
      { prediction: settling.prediction.id, waiting: gateway.unsettled.size },
      "a delivered answer could not be recorded; it is tried again",
    );
    throw new Unsettled();
  }
}

/** Writes what waits. Returns how many still wait. Settling twice changes nothing. */
export async function retryUnsettled(gateway: Gateway): Promise<number> {
  const { clock, log } = gateway.deps;
  for (const [id, { settling, settled }] of gateway.unsettled) {
    try {
      const usage = { ...settling.usage, nowMs: clock.now() };
      await gateway.settlements.settle({ ...settling, usage });
      log.info({ prediction: id }, "a delivered answer was recorded late");
    } catch (error) {
      if (isAway(error)) break;
      if (!(error instanceof StoreError))
        log.error({ prediction: id, reason: String(error) }, "a delivered answer cannot be recorded");
    }
    gateway.unsettled.delete(id);
    settled();
  }
  return gateway.unsettled.size;
}

/** At the end of the process: tries for `limits.gracefulStopMsMax`, then says in the log what is lost. */
export async function drainUnsettled(gateway: Gateway): Promise<void> {
  const tries = limits.gracefulStopMsMax / limits.unsettledRetryMs;
  for (let n = 0; n < tries && (await retryUnsettled(gateway)) > 0; n++) {
    await new Promise((done) => setTimeout(done, limits.unsettledRetryMs));
  }
  for (const [id, { settling }] of gateway.unsettled) {
    const { quantities, party } = settling.usage;
    gateway.deps.log.error(
      { prediction: id, customer: party.customer, quantities },
      "usage was not recorded before the end",
    );
  }
}

const isAway = (error: unknown): boolean =>
  error instanceof StoreError && (error.failure === "unavailable" || error.failure === "busy");
