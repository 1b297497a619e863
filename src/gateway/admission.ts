import { Refusal } from "../kernel/errors.ts";
import type { Id } from "../kernel/ids.ts";
import { type Admission, type Quantities, admitUnit, releaseUnit } from "../sell/index.ts";
import type { Work } from "./paid-request.ts";

/** The step "budget and hold": the most that the request may use is set aside before the work. */
export type Reserved =
  | {
      readonly state: "reserved";
      readonly hold: Id<"hold">;
      /** Of a request that a lease covers, which goes on after it. */
      readonly leased: Quantities | null;
      /** Work that takes longer is not billed. */
      readonly expiresAtMs: number;
      /** Its settlement is durable. */
      settled(used: Quantities): void;
      /** The work was not done: gives it back. */
      release(): Promise<void>;
    }
  /** Another request with the same Idempotency-Key holds, or held and settled. */
  | { readonly state: "duplicate" };

/** Under a lease, in memory, if this process has one; else by one conditional unit, which decides exactly. */
export async function reserve(work: Work, id: Id<"prediction">, nowMs: number): Promise<Reserved> {
  const { gateway, request, kind } = work;
  const expiresAtMs = nowMs + kind.holdMs;
  const share = request.idempotencyKey === undefined ? gateway.leases.take(work.buyer, kind.reserve) : undefined;
  if (share) {
    return {
      state: "reserved",
      hold: share.lease,
      leased: kind.reserve,
      expiresAtMs,
      settled: (used) => share.end(used),
      release: async () => share.end({}),
    };
  }
  const admission = await admitExactly(work, request.idempotencyKey ?? id, nowMs);
  if (admission.state === "duplicate") return { state: "duplicate" };
  const { hold } = admission;
  return {
    state: "reserved",
    hold,
    leased: null,
    expiresAtMs,
    settled: () => {},
    release: () => releaseHold(work, hold),
  };
}

const noRoom: ReadonlySet<string> = new Set(["quota_exceeded", "insufficient_credit"]);

/**
 * Near the end of a budget what is missing may lie unused in a lease, of this process or of another: it is given back, and
 * the request tried again.
 */
async function admitExactly({ gateway, kind, buyer }: Work, requestKey: string, nowMs: number): Promise<Admission> {
  const { store } = gateway.deps;
  for (;;) {
    const since = gateway.leases.returns();
    try {
      const { party, endUser } = buyer;
      const input = { party, endUser, quantities: kind.reserve, requestKey, nowMs, ttlMs: kind.holdMs };
      return await store.run(admitUnit, input);
    } catch (error) {
      if (!(error instanceof Refusal) || !noRoom.has(error.code)) throw error;
      if (await gateway.leases.giveBack(buyer.party.customer, since)) continue;
      const recalled = await gateway.recalls.recall(buyer.party);
      if (recalled === "busy") throw soonAgain(error);
      if (recalled === "nothing") throw error;
    }
  }
}

/** So many wait for what other processes have ready that this one comes back for it. */
const soonAgain = ({ code, message, details }: Refusal): Refusal =>
  new Refusal(code, message, { ...details, retryAfterSeconds: 1 });

async function releaseHold({ gateway }: Work, hold: Id<"hold">): Promise<void> {
  const { store, clock, log } = gateway.deps;
  await store.run(releaseUnit, { hold, nowMs: clock.now() }).catch((failed: unknown) => {
    log.warn({ hold, reason: String(failed) }, "a hold could not be released; it expires by itself");
  });
}
