import {
  type GatewayPolicy,
  getGatewayPolicy,
  listCaptures,
  openPolicy,
  setGatewayPolicy,
} from "../../gateway/index.ts";
import { Refusal } from "../../kernel/errors.ts";
import { limits } from "../../kernel/limits.ts";
import { type UpstreamRoute, getRoute, listRoutes, removeRoute, setRoute } from "../../upstream/index.ts";
import { type Command, type Invocation, type OptionSpec, argument, basisPoints, wholeNumber } from "../command.ts";
import { resolveProduct } from "../names.ts";
import { facts, table } from "../terminal.ts";
import { pageLimit, percent, when } from "../words.ts";

const ms = (help: string): OptionSpec => ({ type: "text", value: "MS", help });

export const routeSet: Command = {
  name: "route set",
  summary: "put upstream models behind an endpoint, the later ones as fallback",
  args: ["ENDPOINT", "UPSTREAM/MODEL…"],
  options: {
    equal: { type: "switch", help: "share the requests among them instead" },
    tries: { type: "text", help: "tries in all (default 3)" },
    "backoff-ms": ms("wait before the same one again (default 200)"),
    "connect-ms": ms("for a socket (default 5000)"),
    "first-byte-ms": ms("for the first byte (default 60000)"),
    "idle-ms": ms("between two reads (default 60000)"),
    "total-ms": ms("for all of it (default 300000)"),
    "failures-max": { type: "text", help: "in a row that open the breaker (default 5)" },
    "open-ms": ms("that it stays open (default 10000)"),
  },
  example: "millrace route set chat vendor/small other/small",
  async run(invocation) {
    const { store, clock } = await invocation.world.open();
    const endpoint = argument(invocation, 0, "endpoint's name");
    argument(invocation, 1, "upstream model");
    const models = invocation.args.slice(1);
    const isEqual = invocation.has("equal");
    const most = limits.routeTimeoutMsMax;
    const number = (name: string, min: number, max: number) => wholeNumber(invocation, name, { min, max });
    const route = await setRoute(store, {
      endpoint,
      targets: models.map((model, place) => ({ model, priority: isEqual ? 0 : place })),
      policy: {
        triesMax: number("tries", 1, limits.routeTriesMax),
        backoffMs: number("backoff-ms", 0, 60_000),
        connectMs: number("connect-ms", 1, limits.routeConnectMsMax),
        firstByteMs: number("first-byte-ms", 1, most),
        idleMs: number("idle-ms", 1, most),
        totalMs: number("total-ms", 1, most),
        failuresMax: number("failures-max", 1, 1_000),
        openMs: number("open-ms", 1, most),
      },
      nowMs: clock.now(),
    });
    return {
      data: route,
      text: `${endpoint} is answered by ${models.join(isEqual ? " and " : ", then ")}.\n  route ${route.id}\n`,
      next: [`millrace product create ${endpoint}-api --endpoint ${endpoint}`],
    };
  },
};

export const routeShow: Command = {
  name: "route show",
  summary: "which upstream models stand behind an endpoint",
  args: ["ENDPOINT"],
  options: {},
  async run(invocation) {
    const { store } = await invocation.world.open();
    const route = await getRoute(store, argument(invocation, 0, "endpoint's name"));
    return { data: route, text: routeText(route) };
  },
};

export const routeList: Command = {
  name: "route list",
  summary: "routes from endpoints to upstreams, last changed first",
  args: [],
  options: { limit: { type: "text", help: "how many (default 20)" } },
  async run(invocation) {
    const { store } = await invocation.world.open();
    const data = await listRoutes(store, { limit: pageLimit(invocation) });
    const rows = data.map(({ endpoint, targets, updatedAtMs }) => [
      endpoint,
      String(targets.length),
      when(updatedAtMs),
    ]);
    return { data, text: table(["endpoint", "targets", "changed"], rows) };
  },
};

export const routeRemove: Command = {
  name: "route remove",
  summary: "take an endpoint's route away; its own models answer again",
  args: ["ENDPOINT"],
  options: {},
  async run(invocation) {
    const { store } = await invocation.world.open();
    const route = await removeRoute(store, argument(invocation, 0, "endpoint's name"));
    return { data: route, text: `${route.endpoint} has no route any more.\n` };
  },
};

function routeText({ id, endpoint, targets, policy, updatedAtMs }: UpstreamRoute): string {
  const { timeouts, breaker } = policy;
  const lines = facts([
    ["endpoint", endpoint],
    ["route", `${id}, since ${when(updatedAtMs)} UTC`],
    ["tries", `${policy.triesMax}, up to ${policy.backoffMs} ms before the same one again`],
    ["limits", `connect ${timeouts.connectMs}, first byte ${timeouts.firstByteMs}, idle ${timeouts.idleMs} ms`],
    ["", `${timeouts.totalMs} ms for all of it`],
    ["breaker", `opens after ${breaker.failuresMax} failures for ${breaker.openMs} ms`],
  ]);
  const rows = targets.map(({ model, priority, weight }) => [model, String(priority), String(weight)]);
  return `${lines}\n${table(["model", "priority", "weight"], rows)}`;
}

export const productGateway: Command = {
  name: "product gateway",
  summary: "a product's answer cache, captures and guard; shows them without flags",
  args: ["PRODUCT"],
  options: {
    cache: { type: "text", value: "SECONDS", help: "the same request, the same answer; off ends it" },
    "cache-bills": { type: "text", help: "request (default) or cached_input_tokens" },
    capture: { type: "text", value: "SHARE", help: "10% of those who agreed, redacted; off ends it" },
    "input-max": { type: "text", value: "CHARS", help: "the longest request; off ends it" },
    language: { type: "list", help: "en, zh, …: others are refused; off ends it" },
    block: { type: "list", help: "a text that is refused, * for anything; off ends it" },
  },
  example: "millrace product gateway chat-api --cache 3600 --block 'ignore * rules'",
  async run(invocation) {
    const { store, clock } = await invocation.world.open();
    const product = await resolveProduct(store, argument(invocation, 0, "product"));
    const known = await getGatewayPolicy(store, product);
    const policy = changedPolicy(invocation, known);
    const isChanged = JSON.stringify(policy) !== JSON.stringify(known);
    if (isChanged) await setGatewayPolicy(store, { product, policy, nowMs: clock.now() });
    return { data: policy, text: policyText(policy) };
  },
};

const isOff = (text: string | undefined): boolean => text === "off";

function changedPolicy(invocation: Invocation, known: GatewayPolicy): GatewayPolicy {
  const { guard } = known;
  const captured = invocation.text("capture");
  const longest = isOff(invocation.text("input-max"))
    ? null
    : (wholeNumber(invocation, "input-max", { min: 1, max: limits.relayBodyBytesMax }) ?? guard.inputCharsMax);
  const [languages, blocked] = [invocation.list("language"), invocation.list("block")];
  return {
    cache: changedCache(invocation, known.cache),
    capture:
      captured === undefined
        ? known.capture
        : isOff(captured)
          ? openPolicy.capture
          : { share: basisPoints(captured, "capture") / 10_000 },
    guard: {
      inputCharsMax: longest,
      languages: languages.length === 0 ? guard.languages : isOff(languages[0]) ? null : languages,
      blocked: blocked.length === 0 ? guard.blocked : isOff(blocked[0]) ? [] : blocked,
    },
  };
}

function changedCache(invocation: Invocation, known: GatewayPolicy["cache"]): GatewayPolicy["cache"] {
  const bills = invocation.text("cache-bills") ?? known?.bills ?? "request";
  if (bills !== "request" && bills !== "cached_input_tokens") {
    throw new Refusal("invalid_request", `--cache-bills is request or cached_input_tokens, not "${bills}".`, {
      param: "cache-bills",
    });
  }
  if (isOff(invocation.text("cache"))) return null;
  const seconds = wholeNumber(invocation, "cache", { min: 1, max: limits.answerCacheTtlMsMax / 1_000 });
  if (seconds === undefined) return known && { ...known, bills };
  return { ttlMs: seconds * 1_000, bills };
}

function policyText({ cache, capture, guard }: GatewayPolicy): string {
  const { inputCharsMax, languages, blocked } = guard;
  return facts([
    ["cache", cache ? `${cache.ttlMs / 1_000} s, bills ${cache.bills}` : "off"],
    ["capture", capture ? `${percent(capture.share)} of those who agreed, redacted` : "off"],
    ["longest request", inputCharsMax === null ? "any" : `${inputCharsMax} characters`],
    ["languages", languages === null ? "any" : languages.join(", ")],
    ["blocked", blocked.length === 0 ? "nothing" : blocked.join(" | ")],
  ]);
}

export const productCaptures: Command = {
  name: "product captures",
  summary: "captured requests and answers, redacted, newest first",
  args: ["PRODUCT"],
  options: { limit: { type: "text", help: "how many (default 20)" } },
  async run(invocation) {
    const { store } = await invocation.world.open();
    const product = await resolveProduct(store, argument(invocation, 0, "product"));
    const data = await listCaptures(store, { product, limit: pageLimit(invocation) });
    const rows = data.map(({ prediction, door, request }) => [prediction, door, request]);
    return { data, text: table(["prediction", "door", "request"], rows) };
  },
};
