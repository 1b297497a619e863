import { Refusal } from "../../kernel/errors.ts";
import type { Id } from "../../kernel/ids.ts";
import type { Nanos } from "../../kernel/money.ts";
import type { Queries } from "../../store/index.ts";
import { gatherPreview } from "../close.ts";
import { type Component, parseComponents } from "../component.ts";
import { type Invoice, type Scope, getInvoice } from "../invoice.ts";
import { type PlannedLine, planInvoice } from "../invoice-plan.ts";
import { explainPrice } from "../price.ts";
import type { PriceStep } from "../prices/rules.ts";
import { getBillingProfile } from "../profile.ts";
import { getSeller } from "../seller.ts";
import type { SellTables } from "../tables.ts";
import type { TaxDecision } from "../tax/decide.ts";
import { documentHtml } from "./html.ts";
import { documentPdf } from "./pdf.ts";
import type { DocumentLine, DocumentParty, DocumentView, Language, LineAbout, TaxNote } from "./view.ts";

export type DocumentFormat = "html" | "pdf";

export interface RenderAsk {
  readonly customer: Scope;
  readonly invoice: string;
  readonly format: DocumentFormat;
  /** The customer's, then the seller's, unless given. */
  readonly language?: Language | undefined;
  /** Stands where the seller has no name of its own. */
  readonly sellerName: string;
}

/** An issued invoice or credit note as a page. */
export async function renderDocument(db: Queries, ask: RenderAsk): Promise<Buffer> {
  const invoice = await getInvoice(db, ask);
  const view = await viewOf(db, invoice, ask.sellerName);
  return render(view, ask.format, await languageOf(db, invoice.customer, ask.language));
}

/** What the next invoice of a subscription would be if its oldest open period ended now, as a page. */
export async function renderDraft(
  db: Queries,
  ask: Omit<RenderAsk, "invoice"> & { readonly subscription: Id<"subscription">; readonly nowMs: number },
): Promise<Buffer> {
  const gathered = await gatherPreview(db, ask.subscription);
  const { customer, period, parties, facts } = gathered;
  if (ask.customer !== "any" && ask.customer !== customer.id)
    throw new Refusal("not_found", `There is no subscription "${ask.subscription}".`);
  const plan = planInvoice(facts);
  const view: DocumentView = {
    ...partiesOf(parties, ask.sellerName, customer.name),
    kind: "draft",
    number: "",
    issuedAtMs: ask.nowMs,
    payByMs: null,
    period: { startMs: period.start_ms, endMs: period.end_ms },
    currency: customer.currency,
    lines: linesOf(plan.lines, facts.period?.components ?? []),
    tax: taxOf(plan.tax, plan.taxNanos),
    totalNanos: plan.totalNanos,
    dueNanos: plan.totalNanos,
    carriedOutNanos: plan.carriedOutNanos,
    credits: null,
    reason: null,
  };
  return render(view, ask.format, await languageOf(db, customer.id, ask.language));
}

async function render(view: DocumentView, format: DocumentFormat, language: Language): Promise<Buffer> {
  return format === "pdf" ? documentPdf(view, language) : Buffer.from(documentHtml(view, language));
}

async function languageOf(db: Queries, customer: Id<"customer">, asked: Language | undefined): Promise<Language> {
  return asked ?? (await getBillingProfile(db, customer)).language ?? (await getSeller(db)).language;
}

async function viewOf(db: Queries, invoice: Invoice, sellerName: string): Promise<DocumentView> {
  const table = db.as<SellTables>();
  const customer = await table
    .selectFrom("customers")
    .select("name")
    .where("id", "=", invoice.customer)
    .executeTakeFirst();
  const period =
    invoice.period === null
      ? undefined
      : await table
          .selectFrom("usage_periods")
          .select("components")
          .where("id", "=", invoice.period)
          .executeTakeFirst();
  const credited =
    invoice.kind === "credit_note" ? await getInvoice(db, { customer: "any", invoice: invoice.credits }) : undefined;
  return {
    ...partiesOf(invoice.parties, sellerName, customer?.name ?? ""),
    kind: invoice.kind,
    number: invoice.title,
    issuedAtMs: invoice.issuedAtMs,
    payByMs: invoice.payByMs,
    period: invoice.period === null ? null : { startMs: invoice.startMs, endMs: invoice.endMs },
    currency: invoice.currency,
    lines: linesOf(invoice.lines, period ? parseComponents(period.components) : []),
    tax: taxOf(invoice.tax, invoice.taxNanos),
    totalNanos: invoice.totalNanos,
    dueNanos: invoice.dueNanos,
    carriedOutNanos: invoice.carriedOutNanos,
    credits: credited?.title ?? null,
    reason: invoice.kind === "credit_note" ? invoice.reason : null,
  };
}

interface PrintedParties {
  readonly seller?: {
    readonly name: string | null;
    readonly address: readonly string[];
    readonly taxId: string | null;
    readonly timeZone: string;
    readonly terms: string | null;
  };
  readonly buyer?: DocumentParty;
}

/** Documents older than profiles have no parties of their own. */
function partiesOf(text: string, sellerName: string, customerName: string) {
  const { seller, buyer } = JSON.parse(text) as PrintedParties;
  return {
    seller: { name: seller?.name ?? sellerName, address: seller?.address ?? [], taxId: seller?.taxId ?? null },
    buyer: buyer ?? { name: customerName, address: [], taxId: null },
    timeZone: seller?.timeZone ?? "UTC",
    terms: seller?.terms ?? null,
  };
}

const taxOf = ({ treatment }: TaxDecision, amountNanos: Nanos): { note: TaxNote; amountNanos: Nanos } => ({
  note: treatment,
  amountNanos,
});

function linesOf(lines: readonly PlannedLine[], components: readonly Component[]): DocumentLine[] {
  return lines.map((line) => ({
    about: line.about ?? oldLine(line),
    amountNanos: line.amountNanos,
    steps: line.amountNanos < 0n ? [] : stepsOf(line, components),
  }));
}

/** How the amount of a usage line came about. */
export function stepsOf({ unit, units }: PlannedLine, components: readonly Component[]): readonly PriceStep[] {
  const component = components.find((each) => each.unit === unit);
  return component ? explainPrice(component.price, units) : [];
}

/** Lines of before `about` was kept say what they say. */
const oldLine = ({ description }: PlannedLine): LineAbout => ({
  kind: "item",
  service: "other",
  text: description,
  quantity: 1,
});
