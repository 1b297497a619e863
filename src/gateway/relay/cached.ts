import type { Id } from "../../kernel/ids.ts";
import type { KeptAnswer } from "../../serve/index.ts";
import type { Quantities } from "../../sell/index.ts";
import type { AnswerCache, CachedAnswer } from "./cache.ts";
import type { CacheBilling } from "./policy.ts";
import type { RelayPlan } from "./relay.ts";
import type { Done } from "./stream.ts";

/** What an answer from the cache counts as. */
const billed: { readonly [B in CacheBilling]: (answer: CachedAnswer) => Quantities } = {
  request: () => ({ requests: 1 }),
  cached_input_tokens: ({ promptTokens, writtenTokens }) => ({
    requests: 1,
    cached_input_tokens: promptTokens + writtenTokens,
  }),
};

/** The earlier answer, under this prediction's id. It costs us nothing. */
export function fromCache(
  { request }: RelayPlan,
  cached: CachedAnswer,
  bills: CacheBilling,
): { readonly quantities: Quantities; answer(id: Id<"prediction">): Promise<Done> } {
  const quantities = billed[bills](cached);
  const { promptTokens, writtenTokens, finishReason, model, release } = cached;
  return {
    quantities,
    async answer(id) {
      const said = renamed(cached.said, id);
      if (said.kind === "stream") for (const event of said.events.slice(0, -1)) await request.delivery?.send(event);
      const output = {
        relayed: request.api,
        finishReason,
        promptTokens,
        cachedTokens: promptTokens,
        writtenTokens,
        estimated: false,
        rateCard: null,
        kept: null,
      };
      const isDelivered = said.kind === "stream";
      const computed = { model, release, isDelivered, output, quantities, costNanos: 0n, computeMs: 0, batchSize: 1 };
      return { computed, said };
    },
  };
}

const idPattern = /"id":"pred_[0-9a-z]{26}"/;

/** The first id in each message is the prediction's. */
function renamed(said: KeptAnswer, id: Id<"prediction">): KeptAnswer {
  const rename = (text: string): string => text.replace(idPattern, `"id":"${id}"`);
  if (said.kind === "answer") return { kind: "answer", body: rename(said.body) };
  return { kind: "stream", events: said.events.map(rename) };
}

/** Only an answer that is whole. */
export function remember(cache: AnswerCache, key: string, { computed, said }: Done, ttlMs: number): void {
  const { model, release, output } = computed;
  if (!said || !model.startsWith("upm_") || !release.startsWith("rt_")) return;
  const { finishReason, promptTokens, writtenTokens } = output;
  cache.put(
    key,
    {
      said,
      finishReason,
      promptTokens,
      writtenTokens,
      model: model as CachedAnswer["model"],
      release: release as CachedAnswer["release"],
    },
    ttlMs,
  );
}
