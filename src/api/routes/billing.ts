import { z } from "zod";
import { issueItemInvoice } from "../../channel/index.ts";
import type { Id } from "../../kernel/ids.ts";
import { limits } from "../../kernel/limits.ts";
import { parseAmount } from "../../kernel/money.ts";
import {
  addInvoiceItem,
  addTaxRate,
  builtInRates,
  changeBillingProfile,
  changeSeller,
  collectionsOf,
  explainInvoice,
  getBillingProfile,
  getCustomer,
  getInvoice,
  getSeller,
  listInvoiceItems,
  listTaxRates,
  removeInvoiceItem,
  renderDocument,
  renderDraft,
  writeOffInvoice,
} from "../../sell/index.ts";
import {
  collectionOf,
  collectionShape,
  explanationOf,
  explanationShape,
  itemOf,
  itemShape,
  language,
  profileFields,
  profileOf,
  profileShape,
  sellerFields,
  sellerOf,
  sellerShape,
} from "../billing/shapes.ts";
import { documentShape, profileChange, sendDocument, sellerChange } from "../billing/parse.ts";
import { invoiceOf, invoiceShape } from "../invoices.ts";
import { type Route, route } from "../route.ts";
import { amount, idParams, listOf, name, pageQuery, pageShape, unixMs } from "../shapes.ts";

const tag = "Billing";
export const documentQuery = z.strictObject({
  format: z.enum(["html", "pdf"]).default("html"),
  language: language.optional(),
});
const before = (cursor: string | undefined) => (cursor ? { before: cursor } : {});

const taxRateShape = z.strictObject({
  object: z.literal("tax_rate"),
  country: z.string(),
  name: z.string(),
  percent: z.string(),
  from_ms: unixMs,
  own: z.boolean().describe("The team's own, which stands before the built-in ones."),
});

export const billingRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/admin/v1/seller",
    who: "operator",
    area: "money",
    tag,
    summary: "Who issues the invoices, and by which rules",
    response: sellerShape,
    handle: async ({ deps }) => sellerOf(await getSeller(deps.store)),
  }),
  route({
    method: "POST",
    path: "/admin/v1/seller",
    who: "operator",
    area: "money",
    tag,
    summary: "Change what is given; issued documents stay as they are",
    body: z.strictObject(sellerFields).partial(),
    response: sellerShape,
    handle: async ({ deps, body }) => sellerOf(await changeSeller(deps.store, sellerChange(body))),
  }),
  route({
    method: "GET",
    path: "/admin/v1/customers/:id/billing-profile",
    who: "operator",
    area: "money",
    tag,
    summary: "How a customer stands on an invoice, and which tax it pays",
    params: idParams,
    response: profileShape,
    handle: async ({ deps, params }) => profileOf(await getBillingProfile(deps.store, params.id as Id<"customer">)),
  }),
  route({
    method: "POST",
    path: "/admin/v1/customers/:id/billing-profile",
    who: "operator",
    area: "money",
    tag,
    summary: "Change what is given; a tax id's form and check digit are checked",
    params: idParams,
    body: z.strictObject({ ...profileFields, exempt: z.boolean() }).partial(),
    response: profileShape,
    handle: async ({ deps, params, body }) =>
      profileOf(await changeBillingProfile(deps.store, params.id as Id<"customer">, profileChange(body))),
  }),
  route({
    method: "GET",
    path: "/admin/v1/tax-rates",
    who: "operator",
    area: "money",
    tag,
    summary: "Every tax rate, the team's own first",
    response: listOf(taxRateShape),
    async handle({ deps }) {
      const own = (await listTaxRates(deps.store)).map((rate) => Object.assign({ own: true }, rate));
      const all = [...own, ...builtInRates.map((rate) => Object.assign({ own: false }, rate))];
      return pageShape({ data: all, nextCursor: null }, (rate) => ({
        object: "tax_rate" as const,
        country: rate.country,
        name: rate.name,
        percent: String(rate.partsPerMillion / 10_000),
        from_ms: rate.fromMs,
        own: rate.own,
      }));
    },
  }),
  route({
    method: "POST",
    path: "/admin/v1/tax-rates",
    who: "operator",
    area: "money",
    tag,
    summary: "Add a rate of your own from a day on",
    body: z.strictObject({
      country: z.string().max(2),
      name,
      percent: z.string().regex(/^\d{1,3}(\.\d{1,4})?$/),
      from_ms: unixMs,
    }),
    status: 201,
    response: taxRateShape,
    async handle({ deps, body }) {
      const rate = await addTaxRate(deps.store, {
        country: body.country,
        name: body.name,
        partsPerMillion: Number(parseAmount(body.percent, "percent") / 100_000n),
        fromMs: body.from_ms,
        nowMs: deps.clock.now(),
      });
      const percent = String(rate.partsPerMillion / 10_000);
      return { object: "tax_rate" as const, ...body, percent, own: true };
    },
  }),
  route({
    method: "POST",
    path: "/admin/v1/customers/:id/invoice-items",
    who: "operator",
    area: "money",
    tag,
    summary: "Put something done beside the API on the customer's next invoice",
    params: idParams,
    body: z.strictObject({
      service: itemShape.shape.service,
      description: name,
      unit_amount: amount,
      quantity: z.number().int().min(1).max(limits.itemQuantityMax).default(1),
      product: z.string().optional(),
      at_ms: unixMs.optional(),
    }),
    status: 201,
    response: itemShape,
    async handle({ deps, params, body }) {
      const customer = await getCustomer(deps.store, params.id);
      const item = await addInvoiceItem(deps.store, {
        customer: customer.id,
        service: body.service,
        description: body.description,
        unitNanos: parseAmount(body.unit_amount, "unit_amount"),
        quantity: body.quantity,
        nowMs: deps.clock.now(),
        ...(body.product === undefined ? {} : { product: body.product as Id<"product"> }),
        ...(body.at_ms === undefined ? {} : { atMs: body.at_ms }),
      });
      return itemOf(customer.currency)(item);
    },
  }),
  route({
    method: "GET",
    path: "/admin/v1/customers/:id/invoice-items",
    who: "operator",
    area: "money",
    tag,
    summary: "List a customer's items, newest first",
    params: idParams,
    query: pageQuery,
    response: listOf(itemShape),
    async handle({ deps, params, query: { limit, cursor } }) {
      const { id: customer, currency } = await getCustomer(deps.store, params.id);
      return pageShape(await listInvoiceItems(deps.store, { customer, limit, ...before(cursor) }), itemOf(currency));
    },
  }),
  route({
    method: "POST",
    path: "/admin/v1/invoice-items/:id/remove",
    who: "operator",
    area: "money",
    tag,
    summary: "Remove an item that is on no invoice yet; again changes nothing",
    params: idParams,
    response: itemShape,
    async handle({ deps, params }) {
      const item = await removeInvoiceItem(deps.store, params.id);
      return itemOf((await getCustomer(deps.store, item.customer)).currency)(item);
    },
  }),
  route({
    method: "POST",
    path: "/admin/v1/customers/:id/invoice-items/issue",
    who: "operator",
    area: "money",
    tag,
    summary: "Invoice what waits at once, with its commission",
    params: idParams,
    status: 201,
    response: invoiceShape,
    async handle({ deps, params }) {
      const { id: customer } = await getCustomer(deps.store, params.id);
      return invoiceOf(await issueItemInvoice(deps.store, { customer, nowMs: deps.clock.now() }));
    },
  }),
  route({
    method: "GET",
    path: "/admin/v1/invoices/:id/document",
    who: "operator",
    area: "money",
    tag,
    summary: "An invoice or credit note as a page, in English or Chinese",
    params: idParams,
    query: documentQuery,
    response: documentShape,
    async handle({ deps, params, query, reply }) {
      const ask = { customer: "any", invoice: params.id, sellerName: deps.sellerName, ...query } as const;
      return sendDocument(reply, query.format, await renderDocument(deps.store, ask));
    },
  }),
  route({
    method: "GET",
    path: "/admin/v1/subscriptions/:id/draft/document",
    who: "operator",
    area: "money",
    tag,
    summary: "The next invoice of a subscription as a page",
    params: idParams,
    query: documentQuery,
    response: documentShape,
    async handle({ deps, params, query, reply }) {
      const subscription = params.id as Id<"subscription">;
      const { sellerName, clock } = deps;
      const ask = { customer: "any", subscription, sellerName, nowMs: clock.now(), ...query } as const;
      return sendDocument(reply, query.format, await renderDraft(deps.store, ask));
    },
  }),
  route({
    method: "GET",
    path: "/admin/v1/invoices/:id/explain",
    who: "operator",
    area: "money",
    tag,
    summary: "An invoice down to the usage events it bills and the money that paid it",
    params: idParams,
    query: pageQuery,
    response: explanationShape,
    handle: async ({ deps, params, query: { limit, cursor } }) =>
      explanationOf(await explainInvoice(deps.store, { customer: "any", invoice: params.id, limit, after: cursor })),
  }),
  route({
    method: "GET",
    path: "/admin/v1/invoices/:id/collection",
    who: "operator",
    area: "money",
    tag,
    summary: "Whether an invoice is open, overdue, paid, void or uncollectible",
    params: idParams,
    response: collectionShape,
    async handle({ deps, params }) {
      const invoice = await getInvoice(deps.store, { customer: "any", invoice: params.id });
      const found = (await collectionsOf(deps.store, [invoice.id])).get(invoice.id);
      const old = { invoice: invoice.id as Id<"invoice">, payByMs: invoice.issuedAtMs, sinceMs: invoice.issuedAtMs };
      return collectionOf(found ?? { ...old, state: "paid" }, invoice.currency);
    },
  }),
  route({
    method: "POST",
    path: "/admin/v1/invoices/:id/write-off",
    who: "operator",
    area: "money",
    tag,
    summary: "Give up what is open of an invoice: it becomes bad debt",
    params: idParams,
    response: collectionShape,
    async handle({ deps, params }) {
      const { currency } = await getInvoice(deps.store, { customer: "any", invoice: params.id });
      const given = await writeOffInvoice(deps.store, { invoice: params.id, nowMs: deps.clock.now() });
      return collectionOf(given, currency);
    },
  }),
];
