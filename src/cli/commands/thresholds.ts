import { Refusal } from "../../kernel/errors.ts";
import type { Id } from "../../kernel/ids.ts";
import {
  type Level,
  type LevelForm,
  type UsageThreshold,
  getKey,
  getSubscription,
  levelForm,
  levelFormOf,
  levelFrom,
  listThresholds,
  percent,
  percentOf,
  removeThreshold,
  setKeyThresholds,
  setThreshold,
} from "../../sell/index.ts";
import { type Command, type Invocation, argument } from "../command.ts";
import { resolveCustomer } from "../names.ts";
import { table } from "../terminal.ts";

/** One flag says the level: `predictions=1000` is of a unit. */
function levelAsked(invocation: Invocation): Level {
  const flags = ["units", "allowance", "spend", "cap"] as const;
  const [kind, another] = flags.filter((flag) => invocation.text(flag) !== undefined);
  if (!kind || another)
    throw new Refusal("invalid_request", "Give one of --units, --allowance, --spend, --cap.", { param: "level" });
  const text = invocation.text(kind) ?? "";
  const [unit = "", value = ""] = text.split("=");
  const form = {
    units: { kind, unit, units: Number(value) },
    allowance: { kind, unit, percent: value },
    spend: { kind, amount: text },
    cap: { kind, percent: text },
  }[kind];
  const parsed = levelForm.safeParse(form);
  if (parsed.success) return levelFrom(parsed.data);
  throw new Refusal("invalid_request", `--${kind} ${text} is no level.`, { param: kind });
}

function said(level: LevelForm): string {
  switch (level.kind) {
    case "units":
      return `${level.units} ${level.unit}`;
    case "allowance":
      return `${level.percent} % of the free ${level.unit}`;
    case "spend":
      return `usage of ${level.amount}`;
    case "cap":
      return `${level.percent} % of the spend cap`;
  }
}

const saidOf = ({ level }: UsageThreshold): string => said(levelFormOf(level));

export const thresholdAdd: Command = {
  name: "threshold add",
  summary: "tell webhooks of usage.threshold, once a period, when usage reaches a level",
  args: ["SUBSCRIPTION"],
  options: {
    units: { type: "text", value: "UNIT=N", help: "so many units are used" },
    allowance: { type: "text", value: "UNIT=PERCENT", help: "a share of the free units is used" },
    spend: { type: "text", value: "AMOUNT", help: "usage has cost so much" },
    cap: { type: "text", value: "PERCENT", help: "usage has cost a share of the spend cap" },
  },
  example: "millrace threshold add sub_… --allowance predictions=80",
  async run(invocation) {
    const { store, clock } = await invocation.world.open();
    const subscription = argument(invocation, 0, "subscription's id") as Id<"subscription">;
    const level = levelAsked(invocation);
    const threshold = await setThreshold(store, { subscription, level, setBy: "team", nowMs: clock.now() });
    const next = [`millrace threshold list ${subscription}`];
    return { data: threshold, text: `Threshold at ${saidOf(threshold)} (${threshold.id}).\n`, next };
  },
};

export const keyThreshold: Command = {
  name: "key threshold",
  summary: "tell webhooks of usage.threshold, once, when a key has used a share of its quota",
  args: ["CUSTOMER", "KEY"],
  options: { at: { type: "list", value: "PERCENT", help: "in the place of those before; none without it" } },
  example: 'millrace key threshold "First customer" key_… --at 80 --at 100',
  async run(invocation) {
    const { store } = await invocation.world.open();
    const customer = await resolveCustomer(store, argument(invocation, 0, "customer"));
    const key = argument(invocation, 1, "key's id");
    const percents = invocation.list("at");
    const wrong = percents.find((share) => !percent.safeParse(share).success);
    if (wrong !== undefined) throw new Refusal("invalid_request", `--at ${wrong} is no percentage.`, { param: "at" });
    await setKeyThresholds(store, { customer, key, percents, setBy: "team" });
    const { quotaThresholds } = await getKey(store, { customer, key });
    const shares = quotaThresholds.map(
      ({ partsPerMillion, told }) => `${percentOf(partsPerMillion)} %${told ? " (told)" : ""}`,
    );
    return { data: quotaThresholds, text: `Key ${key}: ${shares.join(", ") || "nothing is told"}.\n` };
  },
};

export const thresholdList: Command = {
  name: "threshold list",
  summary: "thresholds of a subscription",
  args: ["SUBSCRIPTION"],
  options: {},
  async run(invocation) {
    const { store } = await invocation.world.open();
    const { id } = await getSubscription(store, argument(invocation, 0, "subscription's id"));
    const thresholds = await listThresholds(store, id);
    const rows = thresholds.map((threshold) => [threshold.id, saidOf(threshold), threshold.setBy]);
    return { data: thresholds, text: table(["threshold", "level", "set by"], rows) };
  },
};

export const thresholdRemove: Command = {
  name: "threshold remove",
  summary: "remove a threshold",
  args: ["THRESHOLD"],
  options: {},
  async run(invocation) {
    const { store } = await invocation.world.open();
    const threshold = await removeThreshold(store, { threshold: argument(invocation, 0, "threshold's id") });
    return { data: threshold, text: `No longer told of: ${saidOf(threshold)}.\n` };
  },
};
