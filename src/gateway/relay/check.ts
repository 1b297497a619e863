import { Refusal } from "../../kernel/errors.ts";
import { limits } from "../../kernel/limits.ts";
import { type Json, type UpstreamApi, isObject } from "../../upstream/index.ts";

/**
 * What may not pass to an upstream. Everything else does, known here or not. Two reasons: all customers share our account
 * there, so nothing may be kept in it or read from it; and what has no known price is not bought.
 */
const shared = "This service keeps nothing at its upstreams, where all customers share one account.";
const unpriced = "What it costs is not known beforehand.";

type Rule = readonly [field: string, isWrong: (value: unknown, whole: string) => boolean, why: string];

const isSet = (value: unknown): boolean => value !== undefined && value !== null;
const isTrue = (value: unknown): boolean => value === true;
const isOdd =
  (...fine: readonly unknown[]) =>
  (value: unknown): boolean =>
    isSet(value) && !fine.includes(value);
const isTooMany = (value: unknown): boolean =>
  isSet(value) && !(Number.isInteger(value) && Number(value) >= 1 && Number(value) <= limits.relayChoicesMax);
const hasOtherTools = (tools: unknown): boolean =>
  isSet(tools) &&
  !(
    Array.isArray(tools) &&
    (tools as unknown[]).every((tool) => isObject(tool) && /^(function|custom)$/.test(String(tool["type"])))
  );
const pointer = /"file_id":|"type":"item_reference"/;
const pointsToFiles = (content: unknown, whole: string): boolean =>
  pointer.test(whole) && isSet(content) && pointer.test(JSON.stringify(content));

const everywhere: readonly Rule[] = [
  ["store", isTrue, `${shared} Send store: false.`],
  ["service_tier", isOdd("auto", "default"), unpriced],
  ["tools", hasOtherTools, `Tools are functions of yours, of the type function or custom. ${unpriced}`],
];
const choices: readonly Rule[] = [
  ["n", isTooMany, `At most ${limits.relayChoicesMax} answers are written.`],
  ["best_of", isTooMany, `At most ${limits.relayChoicesMax} answers are written.`],
];
const rules: { readonly [A in UpstreamApi]: readonly Rule[] } = {
  chat: [
    ...everywhere,
    ...choices,
    ["web_search_options", isSet, unpriced],
    ["audio", isSet, unpriced],
    ["modalities", (value) => isSet(value) && JSON.stringify(value) !== '["text"]', unpriced],
    ["messages", pointsToFiles, `${shared} Send files with the request.`],
  ],
  responses: [
    ...everywhere,
    ["previous_response_id", isSet, `${shared} Send the whole conversation as input.`],
    ["conversation", isSet, `${shared} Send the whole conversation as input.`],
    ["prompt", isSet, shared],
    ["background", isTrue, shared],
    ["input", pointsToFiles, `${shared} Send the items themselves: with the AI SDK, set store: false.`],
  ],
  completions: [...everywhere, ...choices],
  embeddings: [],
};

/** Refusal `invalid_request` that names the field. `text` is the body as JSON. */
export function assertPassable(api: UpstreamApi, body: Json, text: string): void {
  for (const [field, isWrong, why] of rules[api]) {
    if (isWrong(body[field], text))
      throw new Refusal("invalid_request", `${field} cannot be used so. ${why}`, { param: field });
  }
}
