import { Refusal } from "../../kernel/errors.ts";
import type { Id } from "../../kernel/ids.ts";
import { limits } from "../../kernel/limits.ts";
import { getProduct } from "../../sell/index.ts";
import type { Queries } from "../../store/index.ts";

/** What a product does with requests at its language doors, beside answering them. All of it is off unless asked for. */
export interface GatewayPolicy {
  /** The same request of the same customer gets the same answer for a while. */
  readonly cache: { readonly ttlMs: number; readonly bills: CacheBilling } | null;
  /** This share of the requests of customers who agreed (`dataUse = improve`) is kept, redacted. */
  readonly capture: { readonly share: number } | null;
  readonly guard: Guard;
}

/** An answer from the cache counts as one request; or as its tokens too, all of them as cached input. */
export type CacheBilling = "request" | "cached_input_tokens";

/** What is refused before anything is reserved. */
export interface Guard {
  /** Characters of all texts in a request together. */
  readonly inputCharsMax: number | null;
  /** ISO 639-1; a text in none of them is refused. A text too short to tell passes. */
  readonly languages: readonly string[] | null;
  /** Texts that may not be in a request, upper and lower case alike; `*` stands for anything within a line. */
  readonly blocked: readonly string[];
}

export const openPolicy: GatewayPolicy = {
  cache: null,
  capture: null,
  guard: { inputCharsMax: null, languages: null, blocked: [] },
};

export interface GatewayTables {
  gateway_policies: { product: Id<"product">; policy: string; updated_at_ms: number };
  gateway_captures: {
    prediction: Id<"prediction">;
    product: Id<"product">;
    customer: Id<"customer">;
    door: string;
    request: string;
    answer: string;
    created_at_ms: number;
  };
}

export interface NewPolicy {
  readonly product: Id<"product">;
  readonly policy: GatewayPolicy;
  readonly nowMs: number;
}

/** Replaces a product's policy, within a second everywhere. Refusals `not_found` and `invalid_request`. */
export async function setGatewayPolicy(db: Queries, { product, policy, nowMs }: NewPolicy): Promise<GatewayPolicy> {
  await getProduct(db, product);
  const problem = problemOf(policy);
  if (problem) throw new Refusal("invalid_request", problem.message, { param: problem.param });
  const text = JSON.stringify(policy);
  await db
    .as<GatewayTables>()
    .insertInto("gateway_policies")
    .values({ product, policy: text, updated_at_ms: nowMs })
    .onConflict((known) => known.column("product").doUpdateSet({ policy: text, updated_at_ms: nowMs }))
    .execute();
  return policy;
}

/** `openPolicy` for a product that has none. */
export async function getGatewayPolicy(db: Queries, product: Id<"product">): Promise<GatewayPolicy> {
  const row = await db
    .as<GatewayTables>()
    .selectFrom("gateway_policies")
    .select("policy")
    .where("product", "=", product)
    .executeTakeFirst();
  return row ? (JSON.parse(row.policy) as GatewayPolicy) : openPolicy;
}

function problemOf({ cache, capture, guard }: GatewayPolicy): { message: string; param: string } | undefined {
  const { inputCharsMax, languages, blocked } = guard;
  const whole = (value: number, most: number): boolean => Number.isSafeInteger(value) && value >= 1 && value <= most;
  if (cache && !whole(cache.ttlMs, limits.answerCacheTtlMsMax)) {
    return { message: "A cached answer lives from one millisecond to seven days.", param: "cache" };
  }
  if (capture && !(capture.share > 0 && capture.share <= 1)) {
    return { message: "The share that is captured is above 0 and at most 1.", param: "capture" };
  }
  if (inputCharsMax !== null && !whole(inputCharsMax, limits.relayBodyBytesMax)) {
    return { message: "The most characters of a request are a whole number above 0.", param: "input_chars_max" };
  }
  if (
    languages &&
    (languages.length > limits.guardLanguagesMax || languages.some((code) => !/^[a-z]{2}$/.test(code)))
  ) {
    return { message: "Languages are written as two letters, like en or zh.", param: "languages" };
  }
  const isPattern = (text: string): boolean =>
    text.length <= limits.guardPatternCharsMax && text.replaceAll("*", "").trim() !== "";
  if (blocked.length > limits.guardPatternsMax || !blocked.every(isPattern)) {
    const most = limits.guardPatternCharsMax;
    return { message: `A blocked pattern has 1 to ${most} characters, not only stars.`, param: "blocked" };
  }
  return undefined;
}
