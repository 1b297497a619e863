import { writeFile } from "node:fs/promises";
import { z } from "zod";
import { issueItemInvoice } from "../../channel/index.ts";
import { Refusal } from "../../kernel/errors.ts";
import { parseAmount } from "../../kernel/money.ts";
import {
  type BillingProfile,
  type Language,
  type Seller,
  type Service,
  addInvoiceItem,
  addTaxRate,
  changeBillingProfile,
  changeSeller,
  explainInvoice,
  findInvoice,
  getBillingProfile,
  getSeller,
  listPayments,
  receivableAgeing,
  reconcilePayments,
  refundPayment,
  renderDocument,
  writeOffInvoice,
} from "../../sell/index.ts";
import { type Command, type Invocation, argument, required, wholeNumber } from "../command.ts";
import { readJson } from "../files.ts";
import { resolveCustomer } from "../names.ts";
import { facts, table } from "../terminal.ts";
import { amount, instant, pageLimit, when } from "../words.ts";

/** Only the flags that are given. */
function given<T extends object>(change: { readonly [K in keyof T]?: T[K] | undefined }): Partial<T> {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)) as Partial<T>;
}

const listOf = (invocation: Invocation, name: string): string[] | undefined => {
  const list = invocation.list(name);
  return list.length === 0 ? undefined : [...list];
};

export const sellerSet: Command = {
  name: "seller set",
  summary: "who issues the invoices and by which rules; without flags it shows them",
  args: [],
  options: {
    name: { type: "text", help: "as it is printed" },
    address: { type: "list", value: "LINE", help: "again for each line" },
    country: { type: "text", value: "DE", help: "whose tax is charged" },
    "tax-id": { type: "text", help: "checked by its form and check digit" },
    registered: { type: "list", value: "FR", help: "another country whose tax is charged; again for each" },
    "tax-included": { type: "text", value: "yes|no", help: "whether prices include tax" },
    "time-zone": { type: "text", value: "ZONE", help: "of the documents' days and years" },
    language: { type: "text", value: "en|zh", help: "of documents, unless the customer has another" },
    series: { type: "text", help: "numbers are SERIES-2026-000001" },
    "payment-days": { type: "text", value: "N", help: "days to pay" },
    terms: { type: "text", help: "how to pay, as it is printed" },
    reminders: { type: "list", value: "DAY", help: "days after the day of payment; --reminders=-3 is before" },
  },
  example: "millrace seller set --country DE --payment-days 30",
  async run(invocation) {
    const { store } = await invocation.world.open();
    const included = invocation.text("tax-included");
    if (included !== undefined && included !== "yes" && included !== "no")
      throw new Refusal("invalid_request", "--tax-included is yes or no.", { param: "tax-included" });
    const change = given<Seller>({
      name: invocation.text("name"),
      address: listOf(invocation, "address"),
      country: invocation.text("country"),
      taxId: invocation.text("tax-id"),
      registeredIn: listOf(invocation, "registered"),
      pricesIncludeTax: included === undefined ? undefined : included === "yes",
      timeZone: invocation.text("time-zone"),
      language: invocation.text("language") as Language | undefined,
      series: invocation.text("series"),
      paymentDays: wholeNumber(invocation, "payment-days", { min: 0, max: 180 }),
      terms: invocation.text("terms"),
      dunningDays: listOf(invocation, "reminders")?.map(Number),
    });
    const seller = Object.keys(change).length > 0 ? await changeSeller(store, change) : await getSeller(store);
    return {
      data: seller,
      text: facts([
        ["Name", seller.name ?? "(the seller_name setting)"],
        ["Address", seller.address.join(", ")],
        ["Country, tax id", `${seller.country ?? "none: no tax is charged"} ${seller.taxId ?? ""}`],
        ["Prices", seller.pricesIncludeTax ? "include tax" : "without tax"],
        ["Numbers", `${seller.series}-YEAR-000001, in ${seller.timeZone}`],
        ["To be paid", `within ${seller.paymentDays} days, reminders at ${seller.dunningDays.join(", ")}`],
      ]),
    };
  },
};

export const customerBilling: Command = {
  name: "customer billing",
  summary: "how a customer stands on an invoice and which tax it pays; without flags it shows them",
  args: ["CUSTOMER"],
  options: {
    name: { type: "text", help: "its legal name" },
    address: { type: "list", value: "LINE", help: "again for each line" },
    email: { type: "text", help: "where invoices go" },
    country: { type: "text", value: "DE", help: "ISO 3166" },
    "tax-id": { type: "text", help: "checked by its form and check digit" },
    language: { type: "text", value: "en|zh", help: "of its documents" },
  },
  async run(invocation) {
    const { store } = await invocation.world.open();
    const customer = await resolveCustomer(store, argument(invocation, 0, "customer"));
    const change = given<BillingProfile>({
      legalName: invocation.text("name"),
      address: listOf(invocation, "address"),
      email: invocation.text("email"),
      country: invocation.text("country"),
      taxId: invocation.text("tax-id"),
      language: invocation.text("language") as Language | undefined,
    });
    const profile =
      Object.keys(change).length > 0
        ? await changeBillingProfile(store, customer, change)
        : await getBillingProfile(store, customer);
    return {
      data: profile,
      text: facts([
        ["Name", profile.legalName ?? "(the customer's)"],
        ["Address", profile.address.join(", ")],
        ["Country, tax id", `${profile.country ?? "as the seller"} ${profile.taxId ?? ""}`],
      ]),
    };
  },
};

export const taxRateAdd: Command = {
  name: "tax add",
  summary: "a tax rate of your own from a day on; it stands before the built-in one",
  args: ["COUNTRY", "PERCENT"],
  options: {
    name: { type: "text", help: "as it is printed (default VAT)" },
    from: { type: "text", value: "DATE", required: true, help: "its first day, UTC" },
  },
  async run(invocation) {
    const { store, clock } = await invocation.world.open();
    const rate = await addTaxRate(store, {
      country: argument(invocation, 0, "country"),
      partsPerMillion: Number(parseAmount(argument(invocation, 1, "rate"), "percent") / 100_000n),
      name: invocation.text("name") ?? "VAT",
      fromMs: instant(required(invocation, "from"), "from") ?? 0,
      nowMs: clock.now(),
    });
    return { data: rate, text: `${rate.name} ${rate.partsPerMillion / 10_000} % in ${rate.country}.\n` };
  },
};

export const itemAdd: Command = {
  name: "item add",
  summary: "put labelling, a dataset licence, project work or a course on the next invoice",
  args: ["CUSTOMER", "DESCRIPTION"],
  options: {
    service: { type: "text", value: "KIND", help: "dataset_licence, labelling, project, course or other (default)" },
    price: { type: "text", value: "AMOUNT", required: true, help: "of one" },
    quantity: { type: "text", value: "N", help: "reviewed items, days, milestones (default 1)" },
    now: { type: "switch", help: "invoice it at once, with all that waits" },
  },
  example: "millrace item add 'Mail host' January --service labelling --price 300",
  async run(invocation) {
    const { store, clock } = await invocation.world.open();
    const customer = await resolveCustomer(store, argument(invocation, 0, "customer"));
    const nowMs = clock.now();
    const item = await addInvoiceItem(store, {
      customer,
      service: (invocation.text("service") ?? "other") as Service,
      description: argument(invocation, 1, "description"),
      unitNanos: parseAmount(required(invocation, "price"), "price"),
      quantity: wholeNumber(invocation, "quantity", { min: 1, max: 1e6 }) ?? 1,
      nowMs,
    });
    if (!invocation.has("now")) return { data: item, text: `Item ${item.id} waits for the next invoice.\n` };
    const invoice = await issueItemInvoice(store, { customer, nowMs });
    return { data: invoice, text: `Invoice ${invoice.title}.\n`, next: [`millrace invoice show ${invoice.id}`] };
  },
};

export const invoiceExplain: Command = {
  name: "invoice explain",
  summary: "an invoice down to its usage events, and what paid it",
  args: ["INVOICE"],
  options: {
    limit: { type: "text", help: "how many usage events (default 20)" },
    after: { type: "text", value: "EVENT", help: "from the one after this" },
  },
  async run(invocation) {
    const { store } = await invocation.world.open();
    const invoice = await findInvoice(store, { customer: "any", text: argument(invocation, 0, "invoice") });
    const ask = { customer: "any", invoice, limit: pageLimit(invocation), after: invocation.text("after") } as const;
    const told = await explainInvoice(store, ask);
    const money = (nanos: bigint): string => amount(nanos, told.invoice.currency);
    const lines = told.lines.flatMap((line) => [
      [line.description, money(line.amountNanos)],
      ...line.steps.map(({ text, amountNanos }) => [`  ${text}`, money(amountNanos)]),
    ]);
    const events = told.events.map(({ id, atMs, quantities, amountNanos }) => {
      return [when(atMs), JSON.stringify(quantities), money(amountNanos), id];
    });
    const paid = told.paidBy.map(({ atMs, source, amountNanos }) => [when(atMs), source, money(amountNanos)]);
    const credits = told.credits.map(({ source, grant, amountNanos }) => [source, grant, money(amountNanos)]);
    const count = `${told.eventCount} usage events, ${money(told.eventsNanos)} together\n`;
    return {
      data: told,
      text: [
        table([told.invoice.title, "amount"], lines),
        count,
        ...(events.length > 0 ? [table(["at (UTC)", "used", "charged", "event"], events)] : []),
        ...(credits.length > 0 ? [table(["kept credit", "grant", "has paid"], credits)] : []),
        ...(paid.length > 0 ? [table(["paid (UTC)", "by", "amount"], paid)] : []),
      ].join("\n"),
      ...(told.nextCursor ? { next: [`millrace invoice explain ${told.invoice.id} --after ${told.nextCursor}`] } : {}),
    };
  },
};

export const invoiceWrite: Command = {
  name: "invoice write",
  summary: "an invoice or credit note as HTML or PDF, in English or Chinese",
  args: ["INVOICE", "FILE"],
  options: { language: { type: "text", value: "en|zh", help: "the customer's unless given" } },
  example: "millrace invoice write INV-2026-000001 invoice.pdf --language zh",
  async run(invocation) {
    const { store, sellerName } = await invocation.world.open();
    const invoice = await findInvoice(store, { customer: "any", text: argument(invocation, 0, "invoice") });
    const file = argument(invocation, 1, "file");
    const format = file.endsWith(".pdf") ? "pdf" : file.endsWith(".html") ? "html" : undefined;
    if (!format) throw new Refusal("invalid_request", "The file's name ends in .pdf or .html.");
    const language = invocation.text("language");
    if (language !== undefined && language !== "en" && language !== "zh")
      throw new Refusal("invalid_request", "A language is en or zh.", { param: "language" });
    const page = await renderDocument(store, { customer: "any", invoice, format, language, sellerName });
    await writeFile(file, page);
    return { data: { invoice, file, bytes: page.length }, text: `${file}, ${page.length} bytes.\n` };
  },
};

export const invoiceWriteOff: Command = {
  name: "invoice write-off",
  summary: "give up what is open of an invoice: it becomes bad debt",
  args: ["INVOICE"],
  options: {},
  async run(invocation) {
    const { store, clock } = await invocation.world.open();
    const invoice = await findInvoice(store, { customer: "any", text: argument(invocation, 0, "invoice") });
    const given = await writeOffInvoice(store, { invoice, nowMs: clock.now() });
    return { data: given, text: `${invoice} is ${given.state}.\n` };
  },
};

export const paymentList: Command = {
  name: "payment list",
  summary: "payments, newest first",
  args: [],
  options: {
    customer: { type: "text", help: "only this customer's" },
    limit: { type: "text", help: "how many (default 20)" },
  },
  async run(invocation) {
    const { store, currency } = await invocation.world.open();
    const named = invocation.text("customer");
    const customer = named ? await resolveCustomer(store, named) : "any";
    const { data } = await listPayments(store, { customer, limit: pageLimit(invocation) });
    const rows = data.map((payment) => [
      when(payment.receivedAtMs),
      payment.provider,
      payment.reference,
      amount(payment.amountNanos, currency),
      amount(payment.refundedNanos, currency),
      payment.id,
    ]);
    return { data, text: table(["received (UTC)", "by", "reference", "amount", "given back", "id"], rows) };
  },
};

export const paymentRefund: Command = {
  name: "payment refund",
  summary: "record money given back, as far as no invoice and no usage needs it",
  args: ["PAYMENT", "AMOUNT"],
  options: { reference: { type: "text", required: true, help: "the refund's own id; the same one counts once" } },
  async run(invocation) {
    const { store, clock } = await invocation.world.open();
    const payment = argument(invocation, 0, "payment's id");
    if (!payment.startsWith("pay_")) throw new Refusal("invalid_request", "A payment's id starts with pay_.");
    const refunded = await refundPayment(store, {
      payment: payment as `pay_${string}`,
      amountNanos: parseAmount(argument(invocation, 1, "amount")),
      reference: required(invocation, "reference"),
      nowMs: clock.now(),
    });
    return { data: refunded, text: "Recorded.\n" };
  },
};

const statement = z.array(z.strictObject({ reference: z.string().min(1), amount: z.string() }));

export const paymentReconcile: Command = {
  name: "payment reconcile",
  summary: "compare the bank's or provider's list with the payments booked",
  args: ["FILE"],
  options: {
    provider: { type: "text", help: "whose list it is (default manual)" },
    from: { type: "text", value: "DATE", required: true, help: "its first day, UTC" },
    to: { type: "text", value: "DATE", required: true, help: "first day that is no longer in it, UTC" },
  },
  example: "millrace payment reconcile bank.json --from 2026-01-01 --to 2026-02-01",
  async run(invocation) {
    const { store } = await invocation.world.open();
    const parsed = statement.safeParse(await readJson(argument(invocation, 0, "file")));
    if (!parsed.success)
      throw new Refusal("invalid_request", 'The list is [{ "reference": "…", "amount": "12.50" }, …].');
    const told = await reconcilePayments(store, {
      provider: invocation.text("provider") ?? "manual",
      fromMs: instant(required(invocation, "from"), "from") ?? 0,
      toMs: instant(required(invocation, "to"), "to") ?? 0,
      lines: parsed.data.map(({ reference, amount: text }) => ({ reference, amountNanos: parseAmount(text) })),
    });
    const rows = [
      ...told.missingHere.map(({ reference }) => ["not booked here", reference]),
      ...told.missingThere.map(({ reference }) => ["not on the list", reference]),
      ...told.different.map(({ reference }) => ["another amount", reference]),
    ];
    return {
      data: told,
      text: `${told.matched} agree.\n${rows.length > 0 ? table(["problem", "reference"], rows) : ""}`,
      exitCode: rows.length === 0 ? 0 : 1,
    };
  },
};

export const receivables: Command = {
  name: "report receivables",
  summary: "what is open, by how many days it is overdue",
  args: [],
  options: {},
  async run(invocation) {
    const { store, clock } = await invocation.world.open();
    const ageing = await receivableAgeing(store, clock.now());
    const rows = ageing.map((row) => [
      row.customer,
      ...[row.notDueNanos, row.days30Nanos, row.days60Nanos, row.days90Nanos, row.olderNanos].map((nanos) =>
        amount(nanos, row.currency),
      ),
    ]);
    return { data: ageing, text: table(["customer", "not due", "1-30", "31-60", "61-90", "older"], rows) };
  },
};
