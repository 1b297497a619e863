import type { Store } from "../store/index.ts";
import { type DunningReport, runDunning } from "./collect/dunning.ts";
import { expireCredits } from "./credits/expire.ts";
import { type WatchReport, watchBalances } from "./credits/watch.ts";
import type { PaymentProvider } from "./payments/provider.ts";

export interface TickReport extends DunningReport, WatchReport {
  readonly expiredCredits: number;
}

/** All that billing does by itself but closing periods. Running it again changes nothing. */
export async function runBilling(
  store: Store,
  providers: ReadonlyMap<string, PaymentProvider>,
  nowMs: number,
): Promise<TickReport> {
  const expiredCredits = await expireCredits(store, nowMs);
  const watched = await watchBalances(store, providers, nowMs);
  return { expiredCredits, ...watched, ...(await runDunning(store, nowMs)) };
}
