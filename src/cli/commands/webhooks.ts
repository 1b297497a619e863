import { Refusal } from "../../kernel/errors.ts";
import {
  type EventKind,
  createWebhook,
  eventKinds,
  listDeliveries,
  listEvents,
  listWebhooks,
  replayDelivery,
} from "../../sell/index.ts";
import { type Command, argument } from "../command.ts";
import { resolveCustomer } from "../names.ts";
import { table } from "../terminal.ts";
import { pageLimit, when } from "../words.ts";

export const webhookCreate: Command = {
  name: "webhook create",
  summary: "tell an address of billing events; its secret is shown once",
  args: ["URL"],
  options: {
    kind: {
      type: "list",
      value: "KIND",
      help: `what to tell of (default: all): ${eventKinds.slice(0, 3).join(", ")}, …`,
    },
    customer: { type: "text", help: "only this customer's events" },
  },
  example: "millrace webhook create https://example.com/hooks --kind invoice.issued",
  async run(invocation) {
    const { store, clock, pepper } = await invocation.world.open();
    const kinds = invocation.list("kind").map((text): EventKind => {
      const kind = eventKinds.find((each) => each === text);
      if (kind) return kind;
      throw new Refusal("invalid_request", `"${text}" is no kind of event.`, { hint: eventKinds.join(", ") });
    });
    const named = invocation.text("customer");
    const { webhook, secret } = await createWebhook(store, {
      customer: named ? await resolveCustomer(store, named) : null,
      url: argument(invocation, 0, "address"),
      pepper,
      nowMs: clock.now(),
      ...(kinds.length > 0 ? { kinds } : {}),
    });
    const text = `Webhook ${webhook.id}. Its secret, shown only now: ${secret.reveal()}\n`;
    return { data: { ...webhook, secret: secret.reveal() }, text, next: [`millrace webhook deliveries ${webhook.id}`] };
  },
};

export const webhookList: Command = {
  name: "webhook list",
  summary: "webhooks, newest first",
  args: [],
  options: { limit: { type: "text", help: "how many (default 20)" } },
  async run(invocation) {
    const { store } = await invocation.world.open();
    const { data } = await listWebhooks(store, { customer: "any", limit: pageLimit(invocation) });
    const rows = data.map(({ id, url, customer, kinds }) => [url, customer ?? "the team's", String(kinds.length), id]);
    return { data, text: table(["address", "whose", "kinds", "id"], rows) };
  },
};

export const webhookDeliveries: Command = {
  name: "webhook deliveries",
  summary: "what a webhook was told, newest first",
  args: ["WEBHOOK"],
  options: { limit: { type: "text", help: "how many (default 20)" } },
  async run(invocation) {
    const { store } = await invocation.world.open();
    const webhook = argument(invocation, 0, "webhook's id");
    const { data } = await listDeliveries(store, { customer: "any", webhook, limit: pageLimit(invocation) });
    const rows = data.map(({ id, createdAtMs, state, attempts, problem }) => {
      return [when(createdAtMs), state, String(attempts), problem ?? "", id];
    });
    return { data, text: table(["at (UTC)", "state", "attempts", "problem", "id"], rows) };
  },
};

export const webhookReplay: Command = {
  name: "webhook replay",
  summary: "send an event again, as a new delivery",
  args: ["WEBHOOK", "DELIVERY"],
  options: {},
  async run(invocation) {
    const { store, clock } = await invocation.world.open();
    const delivery = await replayDelivery(store, {
      customer: "any",
      webhook: argument(invocation, 0, "webhook's id"),
      delivery: argument(invocation, 1, "delivery's id"),
      nowMs: clock.now(),
    });
    return { data: delivery, text: `Delivery ${delivery.id} waits for a running server.\n` };
  },
};

export const eventList: Command = {
  name: "event list",
  summary: "billing events, newest first",
  args: [],
  options: {
    customer: { type: "text", help: "only this customer's" },
    limit: { type: "text", help: "how many (default 20)" },
  },
  async run(invocation) {
    const { store } = await invocation.world.open();
    const named = invocation.text("customer");
    const customer = named ? await resolveCustomer(store, named) : "any";
    const { data } = await listEvents(store, { customer, limit: pageLimit(invocation) });
    const rows = data.map(({ kind, atMs, customer: of, id }) => [when(atMs), kind, of, id]);
    return { data, text: table(["at (UTC)", "kind", "customer", "id"], rows) };
  },
};
