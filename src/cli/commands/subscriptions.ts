import type { Id } from "../../kernel/ids.ts";
import { parseAmount } from "../../kernel/money.ts";
import {
  type Proration,
  addAddon,
  cancelSubscription,
  changePlan,
  createCoupon,
  endAddon,
  listCoupons,
  previewInvoice,
  redeemCoupon,
  resumeSubscription,
  subscriptionHistory,
} from "../../sell/index.ts";
import { Refusal } from "../../kernel/errors.ts";
import { type Command, type Invocation, argument, required, wholeNumber } from "../command.ts";
import { resolvePlan } from "../names.ts";
import { table } from "../terminal.ts";
import { amount, instant, pageLimit, when } from "../words.ts";

const subscriptionOf = (invocation: Invocation): Id<"subscription"> => {
  const id = argument(invocation, 0, "subscription's id");
  if (!id.startsWith("sub_")) throw new Refusal("invalid_request", "A subscription's id starts with sub_.");
  return id as Id<"subscription">;
};

function prorationOf(invocation: Invocation, fallback: Proration): Proration {
  const text = (invocation.text("proration") ?? fallback).replace("-", "_");
  if (text === "prorated" || text === "full" || text === "next_period") return text;
  throw new Refusal("invalid_request", `"${text}" is not one of prorated, full, next-period.`, { param: "proration" });
}

const proration = {
  type: "text",
  value: "HOW",
  help: "prorated: fees by days; full: both in full; next-period: waits",
} as const;
const at = { type: "text", value: "DATE", help: "as if it were this day, UTC (default: now)" } as const;
const atOf = (invocation: Invocation): { atMs?: number } => {
  const atMs = instant(invocation.text("at"), "at");
  return atMs === undefined ? {} : { atMs };
};

export const subscriptionChange: Command = {
  name: "subscription change",
  summary: "put a subscription on another plan of its product",
  args: ["SUBSCRIPTION", "PLAN"],
  options: { proration, at },
  example: "millrace subscription change sub_… large --proration next-period",
  async run(invocation) {
    const { store, clock } = await invocation.world.open();
    const changed = await changePlan(store, {
      subscription: subscriptionOf(invocation),
      plan: await resolvePlan(store, argument(invocation, 1, "plan")),
      proration: prorationOf(invocation, "prorated"),
      nowMs: clock.now(),
      ...atOf(invocation),
    });
    const from = changed.next ? `from ${when(changed.next.atMs)} UTC` : "now";
    return { data: changed, text: `The subscription is on the other plan ${from}.\n` };
  },
};

export const subscriptionCancel: Command = {
  name: "subscription cancel",
  summary: "end a subscription when its period ends, or at once",
  args: ["SUBSCRIPTION"],
  options: { proration, at },
  async run(invocation) {
    const { store, clock } = await invocation.world.open();
    const ended = await cancelSubscription(store, {
      subscription: subscriptionOf(invocation),
      proration: prorationOf(invocation, "next_period"),
      nowMs: clock.now(),
      ...atOf(invocation),
    });
    return { data: ended, text: `The subscription ends at ${when(ended.endsAtMs ?? 0)} UTC.\n` };
  },
};

export const subscriptionResume: Command = {
  name: "subscription resume",
  summary: "take a cancellation back before it takes effect",
  args: ["SUBSCRIPTION"],
  options: {},
  async run(invocation) {
    const { store, clock } = await invocation.world.open();
    const resumed = await resumeSubscription(store, { subscription: subscriptionOf(invocation), nowMs: clock.now() });
    return { data: resumed, text: "The subscription goes on.\n" };
  },
};

export const subscriptionShow: Command = {
  name: "subscription show",
  summary: "what happened to a subscription, and what its next invoice would say",
  args: ["SUBSCRIPTION"],
  options: {},
  async run(invocation) {
    const { store, currency } = await invocation.world.open();
    const subscription = subscriptionOf(invocation);
    const history = await subscriptionHistory(store, subscription);
    const draft = await previewInvoice(store, subscription).catch((error: unknown) => {
      if (error instanceof Refusal && error.code === "conflict") return undefined;
      throw error;
    });
    const past = table(
      ["what", "from (UTC)", "plan"],
      history.map(({ kind, atMs, to, from }) => [kind, when(atMs), to ?? from ?? ""]),
    );
    const next = (draft?.lines ?? []).map(({ description, amountNanos }) => [
      description,
      amount(amountNanos, currency),
    ]);
    return { data: { history, draft }, text: draft ? `${past}\n${table(["next invoice", "amount"], next)}` : past };
  },
};

export const addonAdd: Command = {
  name: "addon add",
  summary: "add what is paid every period beside the plan",
  args: ["SUBSCRIPTION", "NAME"],
  options: {
    fee: { type: "text", value: "AMOUNT", required: true, help: "of one, for a whole period" },
    quantity: { type: "text", value: "N", help: "how many (default 1)" },
  },
  async run(invocation) {
    const { store, clock } = await invocation.world.open();
    const addon = await addAddon(store, {
      subscription: subscriptionOf(invocation),
      name: argument(invocation, 1, "add-on's name"),
      feeNanos: parseAmount(required(invocation, "fee"), "fee"),
      quantity: wholeNumber(invocation, "quantity", { min: 1, max: 1e6 }) ?? 1,
      nowMs: clock.now(),
    });
    return { data: addon, text: `Add-on ${addon.name} (${addon.id}).\n`, next: [`millrace addon end ${addon.id}`] };
  },
};

export const addonEnd: Command = {
  name: "addon end",
  summary: "end an add-on now; its last period pays for the days until then",
  args: ["ADDON"],
  options: {},
  async run(invocation) {
    const { store, clock } = await invocation.world.open();
    const addon = await endAddon(store, { addon: argument(invocation, 0, "add-on's id"), atMs: clock.now() });
    return { data: addon, text: `It ends at ${when(addon.untilMs ?? 0)} UTC.\n` };
  },
};

export const couponCreate: Command = {
  name: "coupon create",
  summary: "a share or an amount off fee, add-ons and usage",
  args: ["CODE"],
  options: {
    percent: { type: "text", value: "SHARE", help: "25 for a quarter" },
    amount: { type: "text", value: "AMOUNT", help: "in place of a share" },
    periods: { type: "text", value: "N", help: "for how many periods (default: all)" },
    uses: { type: "text", value: "N", help: "how often it may be redeemed (default: without limit)" },
    until: { type: "text", value: "DATE", help: "first day that it is no longer redeemed, UTC" },
  },
  example: "millrace coupon create SPRING --percent 25 --periods 3",
  async run(invocation) {
    const { store, clock, currency } = await invocation.world.open();
    const [percent, off] = [invocation.text("percent"), invocation.text("amount")];
    if ((percent === undefined) === (off === undefined))
      throw new Refusal("invalid_request", "A coupon has either --percent or --amount.");
    const coupon = await createCoupon(store, {
      code: argument(invocation, 0, "code"),
      discount:
        off === undefined
          ? { kind: "percent", partsPerMillion: Number(parseAmount(percent ?? "", "percent") / 100_000n) }
          : { kind: "amount", amountNanos: parseAmount(off, "amount"), currency },
      periods: wholeNumber(invocation, "periods", { min: 1, max: 1e6 }) ?? null,
      redemptionsMax: wholeNumber(invocation, "uses", { min: 1, max: 1e6 }) ?? null,
      expiresAtMs: instant(invocation.text("until"), "until") ?? null,
      nowMs: clock.now(),
    });
    return {
      data: coupon,
      text: `Coupon ${coupon.code}.\n`,
      next: [`millrace coupon redeem SUBSCRIPTION ${coupon.code}`],
    };
  },
};

export const couponRedeem: Command = {
  name: "coupon redeem",
  summary: "put a coupon on a subscription, once",
  args: ["SUBSCRIPTION", "CODE"],
  options: {},
  async run(invocation) {
    const { store, clock } = await invocation.world.open();
    const code = argument(invocation, 1, "code");
    const coupon = await redeemCoupon(store, { subscription: subscriptionOf(invocation), code, nowMs: clock.now() });
    return { data: coupon, text: `Coupon ${coupon.code} is on the subscription.\n` };
  },
};

export const couponList: Command = {
  name: "coupon list",
  summary: "coupons, newest first",
  args: [],
  options: { limit: { type: "text", help: "how many (default 20)" } },
  async run(invocation) {
    const { store } = await invocation.world.open();
    const { data } = await listCoupons(store, { limit: pageLimit(invocation) });
    const rows = data.map(({ code, discount, periods, redeemed }) => [
      code,
      discount.kind === "percent"
        ? `${discount.partsPerMillion / 10_000} %`
        : amount(discount.amountNanos, discount.currency),
      periods === null ? "all" : String(periods),
      String(redeemed),
    ]);
    return { data, text: table(["code", "off", "periods", "redeemed"], rows) };
  },
};
