import { Refusal } from "../../kernel/errors.ts";
import { silentLog } from "../../kernel/log.ts";
import { type Currency, type Nanos, currencies, formatAmount, parseAmount } from "../../kernel/money.ts";
import { Secret } from "../../kernel/secret.ts";
import {
  type Upstream,
  type UpstreamApi,
  type UpstreamModel,
  addUpstreamModel,
  addUpstreamRateCard,
  changeUpstream,
  checkUpstream,
  createUpstream,
  getUpstream,
  listUpstreamHealth,
  listUpstreamModels,
  listUpstreamRateCards,
  listUpstreams,
  upstreamApis,
} from "../../upstream/index.ts";
import type { CliApp } from "../app.ts";
import { type Command, type Invocation, type OptionSpec, argument, required, wholeNumber } from "../command.ts";
import { facts, table } from "../terminal.ts";
import { instant, pageLimit, when } from "../words.ts";

const tokensMax = 1_000_000;
const secretOption: OptionSpec = { type: "switch", help: "read the secret from standard input" };

export const upstreamCreate: Command = {
  name: "upstream create",
  summary: "name a server that speaks OpenAI's API: a vendor, vLLM, llama.cpp",
  args: ["NAME"],
  options: {
    url: { type: "text", value: "URL", required: true, help: "its base: https://api.example.com/v1" },
    "secret-stdin": secretOption,
    "allow-private": { type: "switch", help: "it is at a loopback or private address" },
  },
  example: "millrace upstream create vendor --url https://api.x.com --secret-stdin",
  async run(invocation) {
    const { store, clock, pepper } = await invocation.world.open();
    const upstream = await createUpstream(store, {
      name: argument(invocation, 0, "upstream's name"),
      baseUrl: required(invocation, "url"),
      secret: await readSecret(invocation),
      allowPrivate: invocation.has("allow-private"),
      pepper,
      nowMs: clock.now(),
    });
    return {
      data: upstream,
      text: upstreamFacts(upstream),
      next: [
        `millrace upstream check ${upstream.name}`,
        `millrace upstream add-model ${upstream.name} MODEL --input 0.15 --cached 0.075 --output 0.60`,
      ],
    };
  },
};

export const upstreamChange: Command = {
  name: "upstream change",
  summary: "another address or secret, or switch it off and on",
  args: ["NAME"],
  options: {
    url: { type: "text", value: "URL", help: "its base" },
    "secret-stdin": secretOption,
    "no-secret": { type: "switch", help: "it needs none any more" },
    "allow-private": { type: "switch", help: "it is at a loopback or private address" },
    "public-only": { type: "switch", help: "it is not" },
    disable: { type: "switch", help: "ask it no more" },
    enable: { type: "switch", help: "ask it again" },
  },
  example: "millrace upstream change vendor --disable",
  async run(invocation) {
    const { store, clock, pepper } = await invocation.world.open();
    const secret = await readSecret(invocation);
    const upstream = await changeUpstream(store, {
      upstream: argument(invocation, 0, "upstream's name"),
      baseUrl: invocation.text("url"),
      secret: invocation.has("no-secret") ? null : secret,
      allowPrivate: either(invocation, "allow-private", "public-only"),
      enabled: either(invocation, "enable", "disable"),
      pepper,
      nowMs: clock.now(),
    });
    return { data: upstream, text: upstreamFacts(upstream) };
  },
};

export const upstreamAddModel: Command = {
  name: "upstream add-model",
  summary: "a model that an upstream serves, and what it charges for it",
  args: ["UPSTREAM", "MODEL"],
  options: {
    door: { type: "list", help: `${upstreamApis.join(", ")}; chat if none is given` },
    context: { type: "text", value: "TOKENS", help: "the most it reads (default 128000)" },
    "output-max": { type: "text", value: "TOKENS", help: "the most it writes (default 16384)" },
    ...priceOptions(),
  },
  example: "millrace upstream add-model vendor small --input 0.15 --output 0.60",
  async run(invocation) {
    const app = await invocation.world.open();
    const { store, clock } = app;
    const upstream = await getUpstream(store, argument(invocation, 0, "upstream"));
    const model = await store.transaction(async (tx) => {
      const made = await addUpstreamModel(tx, {
        upstream: upstream.id,
        name: argument(invocation, 1, "model's name, as the upstream calls it"),
        apis: doorsOf(invocation.list("door")),
        contextTokensMax: wholeNumber(invocation, "context", { min: 1, max: tokensMax }) ?? 128_000,
        outputTokensMax: wholeNumber(invocation, "output-max", { min: 1, max: tokensMax }) ?? 16_384,
        nowMs: clock.now(),
      });
      await addUpstreamRateCard(tx, { model: made.id, ...pricesOf(invocation, app) });
      return made;
    });
    const path = `${upstream.name}/${model.name}`;
    return {
      data: model,
      text: `${path} answers ${model.apis.join(", ")}.\n  ${model.id}\n`,
      next: [`millrace route set chat ${path}`, `millrace upstream price ${path} --input 0.10 --output 0.40`],
    };
  },
};

export const upstreamPrice: Command = {
  name: "upstream price",
  summary: "what an upstream charges from now, or an instant, on",
  args: ["UPSTREAM/MODEL"],
  options: { ...priceOptions(), from: { type: "text", value: "DAY", help: "from then on (default now)" } },
  example: "millrace upstream price vendor/small --input 0.10 --output 0.40",
  async run(invocation) {
    const app = await invocation.world.open();
    const model = argument(invocation, 0, "model, written UPSTREAM/MODEL");
    const card = await addUpstreamRateCard(app.store, { model, ...pricesOf(invocation, app) });
    return { data: card, text: `${model} is priced from ${when(card.effectiveAtMs)} UTC on.\n  ${card.id}\n` };
  },
};

export const upstreamList: Command = {
  name: "upstream list",
  summary: "upstreams with the health of their models, newest first",
  args: [],
  options: { limit: { type: "text", help: "how many (default 20)" } },
  async run(invocation) {
    const { store } = await invocation.world.open();
    const found = await listUpstreams(store, { limit: pageLimit(invocation) });
    const data = await Promise.all(
      found.map(async (upstream) => {
        const models = await listUpstreamModels(store, upstream.id);
        const ids = models.map(({ id }) => id);
        return { ...upstream, models, health: await listUpstreamHealth(store, ids) };
      }),
    );
    const rows = data.map(({ name, baseUrl, disabledAtMs, models, health }) => {
      const ill = health.filter(({ state }) => state !== "closed").length;
      const state = disabledAtMs !== null ? "off" : ill > 0 ? `${ill} ill` : "well";
      return [name, baseUrl, String(models.length), state];
    });
    return { data, text: table(["upstream", "url", "models", "state"], rows) };
  },
};

export const upstreamShow: Command = {
  name: "upstream show",
  summary: "an upstream: its models, what they cost, and how they are",
  args: ["NAME"],
  options: {},
  async run(invocation) {
    const { store, clock } = await invocation.world.open();
    const upstream = await getUpstream(store, argument(invocation, 0, "upstream's name"));
    const models = await listUpstreamModels(store, upstream.id);
    const health = await listUpstreamHealth(
      store,
      models.map(({ id }) => id),
    );
    const shown = await Promise.all(
      models.map(async (model) => {
        const cards = await listUpstreamRateCards(store, model.id);
        const prices = cards.find(({ effectiveAtMs }) => effectiveAtMs <= clock.now());
        return { ...model, prices: prices ?? null, health: health.find((one) => one.model === model.id) ?? null };
      }),
    );
    const lines = shown.map((model) => modelLines(upstream, model));
    return { data: { ...upstream, models: shown }, text: `${upstreamFacts(upstream)}\n${lines.join("\n")}` };
  },
};

export const upstreamCheck: Command = {
  name: "upstream check",
  summary: "ask an upstream for its models, with its secret",
  args: ["NAME"],
  options: {},
  async run(invocation) {
    const { store: db, pepper, clock } = await invocation.world.open();
    const name = argument(invocation, 0, "upstream's name");
    const check = await checkUpstream({ db, pepper, clock, log: silentLog }, name);
    if (check.state === "well") {
      const { models, elapsedMs } = check;
      const names = models.map((model) => `  ${model}\n`).join("");
      return {
        data: check,
        text: `${name} answers in ${Math.round(elapsedMs)} ms and has ${models.length} models.\n${names}`,
      };
    }
    return { data: check, text: `${name} is ill: ${check.reason}.\n`, exitCode: 1 };
  },
};

function priceOptions(): Record<string, OptionSpec> {
  return {
    input: { type: "text", value: "AMOUNT", required: true, help: "what a million tokens cost you" },
    cached: { type: "text", value: "AMOUNT", help: "a million it had in its cache (default as input)" },
    output: { type: "text", value: "AMOUNT", required: true, help: "a million written" },
    request: { type: "text", value: "AMOUNT", help: "each request (default 0)" },
    second: { type: "text", value: "AMOUNT", help: "each second an answer takes (default 0)" },
    currency: { type: "text", help: "of these amounts (default the setting)" },
  };
}

function pricesOf(invocation: Invocation, { clock, currency }: CliApp) {
  const nowMs = clock.now();
  const price = (name: string, fallback: string): Nanos => parseAmount(invocation.text(name) ?? fallback, name);
  const input = required(invocation, "input");
  return {
    currency: currencyOf(invocation.text("currency") ?? currency),
    effectiveAtMs: instant(invocation.text("from"), "from") ?? nowMs,
    inputMillionNanos: price("input", input),
    cachedInputMillionNanos: price("cached", input),
    outputMillionNanos: parseAmount(required(invocation, "output"), "output"),
    requestNanos: price("request", "0"),
    secondNanos: price("second", "0"),
    nowMs,
  };
}

function currencyOf(text: string): Currency {
  const found = currencies.find((code) => code === text);
  if (found) return found;
  throw new Refusal("invalid_request", `"${text}" is not one of ${currencies.join(", ")}.`, { param: "currency" });
}

function doorsOf(given: readonly string[]): UpstreamApi[] {
  if (given.length === 0) return ["chat"];
  return given.map((text) => {
    const door = upstreamApis.find((api) => api === text);
    if (door) return door;
    throw new Refusal("invalid_request", `A door is one of ${upstreamApis.join(", ")}, not "${text}".`, {
      param: "door",
    });
  });
}

async function readSecret(invocation: Invocation): Promise<Secret | undefined> {
  if (!invocation.has("secret-stdin")) return undefined;
  const text = (await invocation.terminal.stdin()).trim();
  if (text !== "") return new Secret(text);
  throw new Refusal("invalid_request", "There is no secret on standard input.", {
    hint: "Pipe it in: millrace upstream … --secret-stdin < key.txt",
  });
}

/** True for the first switch, false for the second, nothing for neither. */
function either(invocation: Invocation, yes: string, no: string): boolean | undefined {
  if (invocation.has(yes) && invocation.has(no)) {
    throw new Refusal("invalid_request", `--${yes} and --${no} are opposites.`, { param: yes });
  }
  return invocation.has(yes) ? true : invocation.has(no) ? false : undefined;
}

function upstreamFacts(upstream: Upstream): string {
  const { name, id, baseUrl, allowPrivate, secretLastFour, disabledAtMs } = upstream;
  return facts([
    ["upstream", `${name} (${id})`],
    ["url", baseUrl],
    ["addresses", allowPrivate ? "private ones too" : "public ones only"],
    ["secret", secretLastFour === null ? "none" : `ends in ${secretLastFour}`],
    ["state", disabledAtMs === null ? "on" : `off since ${when(disabledAtMs)} UTC`],
  ]);
}

interface ShownModel extends UpstreamModel {
  readonly prices: Awaited<ReturnType<typeof listUpstreamRateCards>>[number] | null;
  readonly health: Awaited<ReturnType<typeof listUpstreamHealth>>[number] | null;
}

function modelLines({ name }: Upstream, { name: model, apis, prices, health }: ShownModel): string {
  const cost = prices
    ? `input ${formatAmount(prices.inputMillionNanos)}, cached ${formatAmount(prices.cachedInputMillionNanos)}, output ${formatAmount(prices.outputMillionNanos)} ${prices.currency.toUpperCase()} a million`
    : "no price: it is not asked";
  const state =
    health && health.state !== "closed" ? `${health.state} since ${when(health.sinceMs)}: ${health.reason}` : "well";
  return `${name}/${model}  ${apis.join(", ")}\n  ${cost}\n  ${state}\n`;
}
