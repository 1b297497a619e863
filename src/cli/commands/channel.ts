import {
  type Channel,
  channels,
  createPartner,
  getStatement,
  listPartners,
  renderStatement,
} from "../../channel/index.ts";
import { Refusal } from "../../kernel/errors.ts";
import { type Command, argument, basisPoints, required } from "../command.ts";
import { resolvePartner } from "../names.ts";
import { table } from "../terminal.ts";
import { instant, pageLimit, percent } from "../words.ts";

export const partnerCreate: Command = {
  name: "partner create",
  summary: "add a channel partner with its commission",
  args: ["NAME"],
  options: {
    commission: { type: "text", value: "SHARE", required: true, help: "share of what its customers are billed: 20%" },
    channel: { type: "text", help: "referral (default)" },
  },
  example: "millrace partner create 'Referral partner' --commission 20%",
  async run(invocation) {
    const { store, clock } = await invocation.world.open();
    const partner = await createPartner(store, {
      name: argument(invocation, 0, "partner's name"),
      channel: parseChannel(invocation.text("channel") ?? "referral"),
      commissionBasisPoints: basisPoints(required(invocation, "commission"), "commission"),
      nowMs: clock.now(),
    });
    return {
      data: partner,
      text: `Partner ${partner.name} earns ${percent(partner.commissionBasisPoints / 10_000, 0)} by ${partner.channel}.\n  ${partner.id}\n`,
      next: [`millrace customer create NAME --partner "${partner.name}"`],
    };
  },
};

function parseChannel(text: string): Channel {
  const channel = channels.find((candidate) => candidate === text);
  if (channel) return channel;
  throw new Refusal("invalid_request", `A channel is one of ${channels.join(", ")}, not "${text}".`, {
    param: "channel",
  });
}

export const partnerList: Command = {
  name: "partner list",
  summary: "partners, newest first",
  args: [],
  options: { limit: { type: "text", help: "how many (default 20)" } },
  async run(invocation) {
    const { store } = await invocation.world.open();
    const { data } = await listPartners(store, { limit: pageLimit(invocation) });
    const rows = data.map((partner) => [
      partner.name,
      partner.channel,
      percent(partner.commissionBasisPoints / 10_000, 0),
      partner.id,
    ]);
    return { data, text: table(["partner", "channel", "commission", "id"], rows) };
  },
};

export const statementShow: Command = {
  name: "statement show",
  summary: "what a partner earned in a stretch of time",
  args: ["PARTNER"],
  options: {
    from: { type: "text", value: "DATE", help: "first day, UTC (default: the beginning)" },
    to: { type: "text", value: "DATE", help: "first day that no longer counts, UTC (default: now)" },
  },
  async run(invocation) {
    const { store, clock } = await invocation.world.open();
    const partner = await resolvePartner(store, argument(invocation, 0, "partner"));
    const statement = await getStatement(store, {
      partner,
      fromMs: instant(invocation.text("from"), "from") ?? 0,
      toMs: instant(invocation.text("to"), "to") ?? clock.now() + 1,
    });
    return { data: statement, text: renderStatement(statement) };
  },
};
