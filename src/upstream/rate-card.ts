import { Refusal, invariant } from "../kernel/errors.ts";
import { type Id, newId } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import { type Currency, type Nanos, mulDivRound } from "../kernel/money.ts";
import { type Queries, isUniqueViolation } from "../store/index.ts";
import { getUpstreamModel } from "./model.ts";
import type { UpstreamRateCardRow, UpstreamTables } from "./tables.ts";
import type { TokenCounts } from "./usage.ts";

/** What an upstream charges us. All amounts in the card's currency; prices of tokens are for a million of them. */
export interface UpstreamPrices {
  readonly inputMillionNanos: Nanos;
  readonly cachedInputMillionNanos: Nanos;
  readonly outputMillionNanos: Nanos;
  readonly requestNanos: Nanos;
  /** Of the time from the request to the answer's end. */
  readonly secondNanos: Nanos;
}

/** Prices of one model in one currency from an instant on, until the next card's. It never changes. */
export interface UpstreamRateCard extends UpstreamPrices {
  readonly id: Id<"upstreamRateCard">;
  readonly model: Id<"upstreamModel">;
  readonly currency: Currency;
  readonly effectiveAtMs: number;
  readonly createdAtMs: number;
}

/** Tokens and time of one answer, as it is priced. */
export interface UpstreamWork extends TokenCounts {
  readonly elapsedMs: number;
}

const millionMs = 1_000_000_000n; // tokens x 1e9 and milliseconds x 1e6 have this denominator in common

/** What the work cost, rounded once. */
export function costOf(card: UpstreamPrices, work: UpstreamWork): Nanos {
  const { inputTokens, cachedInputTokens, outputTokens } = work;
  for (const count of [inputTokens, cachedInputTokens, outputTokens])
    invariant(Number.isSafeInteger(count) && count >= 0, "tokens are counted");
  const tokens =
    BigInt(inputTokens) * card.inputMillionNanos +
    BigInt(cachedInputTokens) * card.cachedInputMillionNanos +
    BigInt(outputTokens) * card.outputMillionNanos;
  const time = BigInt(Math.max(0, Math.round(work.elapsedMs))) * card.secondNanos;
  return card.requestNanos + mulDivRound(tokens * 1_000n + time * 1_000_000n, 1n, millionMs);
}

/** The card in force: the latest that has begun. Nothing when there is none; an unknown price is never zero. */
export function cardAt(
  cards: readonly UpstreamRateCard[],
  currency: Currency,
  atMs: number,
): UpstreamRateCard | undefined {
  let found: UpstreamRateCard | undefined;
  for (const card of cards) {
    if (card.currency !== currency || card.effectiveAtMs > atMs) continue;
    if (!found || card.effectiveAtMs > found.effectiveAtMs) found = card;
  }
  return found;
}

export interface NewUpstreamRateCard extends UpstreamPrices {
  /** Its id, or `upstream/model`. */
  readonly model: string;
  readonly currency: Currency;
  readonly effectiveAtMs: number;
  readonly nowMs: number;
}

/** Refusals `invalid_request`, `not_found` (the model) and `conflict` (a card of the same instant). */
export async function addUpstreamRateCard(db: Queries, input: NewUpstreamRateCard): Promise<UpstreamRateCard> {
  const model = await getUpstreamModel(db, input.model);
  const row: UpstreamRateCardRow = {
    id: newId("upstreamRateCard", input.nowMs),
    model: model.id,
    currency: input.currency,
    effective_at_ms: input.effectiveAtMs,
    input_million_nanos: checked(input.inputMillionNanos, "input"),
    cached_input_million_nanos: checked(input.cachedInputMillionNanos, "cached_input"),
    output_million_nanos: checked(input.outputMillionNanos, "output"),
    request_nanos: checked(input.requestNanos, "request"),
    second_nanos: checked(input.secondNanos, "second"),
    created_at_ms: input.nowMs,
  };
  try {
    await db.as<UpstreamTables>().insertInto("upstream_rate_cards").values(row).execute();
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw new Refusal("conflict", "There is a rate card of this model from this instant on; it never changes.", {
      param: "effective_at_ms",
      hint: "Add another one with a later instant.",
    });
  }
  return toRateCard(row);
}

/** Of one model, latest first. */
export async function listUpstreamRateCards(db: Queries, model: Id<"upstreamModel">): Promise<UpstreamRateCard[]> {
  const rows = await db
    .as<UpstreamTables>()
    .selectFrom("upstream_rate_cards")
    .selectAll()
    .where("model", "=", model)
    .orderBy("effective_at_ms", "desc")
    .execute();
  return rows.map(toRateCard);
}

function checked(nanos: Nanos, param: string): Nanos {
  if (nanos >= 0n && nanos <= limits.upstreamPricePerMillionNanosMax) return nanos;
  throw new Refusal("invalid_request", "An upstream's price is between 0 and 1,000,000.", { param });
}

export const toRateCard = (row: UpstreamRateCardRow): UpstreamRateCard => ({
  id: row.id,
  model: row.model,
  currency: row.currency,
  effectiveAtMs: row.effective_at_ms,
  inputMillionNanos: row.input_million_nanos,
  cachedInputMillionNanos: row.cached_input_million_nanos,
  outputMillionNanos: row.output_million_nanos,
  requestNanos: row.request_nanos,
  secondNanos: row.second_nanos,
  createdAtMs: row.created_at_ms,
});
