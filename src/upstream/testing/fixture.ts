import { type Clock, manualClock } from "../../kernel/clock.ts";
import { silentLog } from "../../kernel/log.ts";
import { Secret } from "../../kernel/secret.ts";
import type { Queries } from "../../store/index.ts";
import { testEpochMs } from "../../store/testing/engines.ts";
import { createUpstream } from "../definition.ts";
import { type UpstreamApi, addUpstreamModel } from "../model.ts";
import { addUpstreamRateCard } from "../rate-card.ts";
import { type NewRoute, setRoute } from "../route.ts";
import { type Upstreams, openUpstreams } from "../upstreams.ts";

export const upstreamPepper = new Secret("a pepper for upstreams, 32 characters");
export const upstreamSecret = "sk-planted-upstream-secret-0001";

/** An upstream with one model and a price: 1 for a million input tokens, 0.50 cached, 2 output, in USD. */
export async function addStubUpstream(
  db: Queries,
  input: {
    readonly name: string;
    readonly url: string;
    readonly pepper?: Secret;
    readonly apis?: readonly UpstreamApi[];
    readonly nowMs?: number;
    readonly priced?: boolean;
  },
): Promise<string> {
  const {
    name,
    url,
    pepper = upstreamPepper,
    apis = ["chat", "completions", "embeddings"],
    nowMs = testEpochMs,
  } = input;
  const secret = new Secret(upstreamSecret);
  await createUpstream(db, { name, baseUrl: url, allowPrivate: true, secret, pepper, nowMs });
  const tokens = { contextTokensMax: 8_000, outputTokensMax: 1_000 };
  await addUpstreamModel(db, { upstream: name, name: "stub-model", apis, ...tokens, nowMs });
  const model = `${name}/stub-model`;
  if (input.priced === false) return model;
  await addUpstreamRateCard(db, {
    model,
    currency: "usd",
    effectiveAtMs: 0,
    inputMillionNanos: 1_000_000_000n,
    cachedInputMillionNanos: 500_000_000n,
    outputMillionNanos: 2_000_000_000n,
    requestNanos: 0n,
    secondNanos: 0n,
    nowMs,
  });
  return model;
}

/** A route to stubs, in the order of their priority, that waits for nothing between tries. */
export async function routeTo(
  db: Queries,
  endpoint: string,
  models: readonly string[],
  policy: NewRoute["policy"] = {},
): Promise<void> {
  const targets = models.map((model, priority) => ({ model, priority }));
  await setRoute(db, { endpoint, targets, policy: { backoffMs: 0, ...policy }, nowMs: testEpochMs });
}

export function upstreamsOver(db: Queries, clock: Clock = manualClock(testEpochMs)): Upstreams {
  return openUpstreams({ db, pepper: upstreamPepper, clock, log: silentLog });
}
