import { Refusal } from "../../kernel/errors.ts";
import { limits } from "../../kernel/limits.ts";
import {
  type RateChange,
  type RateLimits,
  getCustomer,
  getKey,
  getPlan,
  setCustomerLimits,
  setKeyLimits,
  setPlanLimits,
} from "../../sell/index.ts";
import { type Answer, type Command, type Invocation, argument, wholeNumber } from "../command.ts";
import { resolveCustomer, resolvePlan } from "../names.ts";

const options = {
  requests: { type: "text", value: "N|none", help: "most requests a minute" },
  tokens: { type: "text", value: "N|none", help: "most tokens a minute, in and out" },
} as const;

function limitOf(invocation: Invocation, name: "requests" | "tokens"): number | null | undefined {
  if (invocation.text(name) === "none") return null;
  return wholeNumber(invocation, name, { min: 1, max: limits.ratePerMinuteMax });
}

function changeOf(invocation: Invocation): RateChange {
  const requests = limitOf(invocation, "requests");
  const tokens = limitOf(invocation, "tokens");
  if (requests === undefined && tokens === undefined) {
    throw new Refusal("invalid_request", "Give --requests, --tokens or both.", { param: "requests" });
  }
  return {
    ...(requests === undefined ? {} : { requestsPerMinute: requests }),
    ...(tokens === undefined ? {} : { tokensPerMinute: tokens }),
  };
}

function told(what: string, of: RateLimits): Answer {
  const word = (count: number | null, unit: string): string =>
    count === null ? `any number of ${unit}` : `${count} ${unit}`;
  const text = `${word(of.requestsPerMinute, "requests")} and ${word(of.tokensPerMinute, "tokens")} a minute`;
  return { data: of, text: `${what}: ${text}, within a second from now.\n` };
}

export const planLimit: Command = {
  name: "plan limit",
  summary: "limit requests and tokens a minute for each subscription of a plan",
  args: ["PLAN"],
  options,
  example: "millrace plan limit starter --requests 600 --tokens 100000",
  async run(invocation) {
    const { store } = await invocation.world.open();
    const plan = await resolvePlan(store, argument(invocation, 0, "plan"));
    await setPlanLimits(store, { plan, ...changeOf(invocation) });
    const { name, limits: now } = await getPlan(store, plan);
    return told(`Plan ${name}`, now);
  },
};

export const customerLimit: Command = {
  name: "customer limit",
  summary: "limit requests and tokens a minute of one customer, in place of its plan's",
  args: ["CUSTOMER"],
  options,
  async run(invocation) {
    const { store } = await invocation.world.open();
    const customer = await resolveCustomer(store, argument(invocation, 0, "customer"));
    await setCustomerLimits(store, { customer, ...changeOf(invocation) });
    const { name, limits: now } = await getCustomer(store, customer);
    return told(`Customer ${name}`, now);
  },
};

export const keyLimit: Command = {
  name: "key limit",
  summary: "limit requests and tokens a minute of one key, within its customer's",
  args: ["CUSTOMER", "KEY"],
  options,
  async run(invocation) {
    const { store } = await invocation.world.open();
    const customer = await resolveCustomer(store, argument(invocation, 0, "customer"));
    const key = argument(invocation, 1, "key's id");
    await setKeyLimits(store, { customer, key, ...changeOf(invocation) });
    return told(`Key ${key}`, (await getKey(store, { customer, key })).limits);
  },
};
