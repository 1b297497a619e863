import type { FastifyReply } from "fastify";
import { z } from "zod";
import type { BillingProfile, DocumentFormat, Seller } from "../../sell/index.ts";
import { type profileFields, type sellerFields } from "./shapes.ts";

type Loose<T> = { readonly [K in keyof T]?: T[K] | undefined };
type SellerBody = Loose<z.output<z.ZodObject<typeof sellerFields>>>;
type ProfileBody = Loose<z.output<z.ZodObject<typeof profileFields>> & { exempt: boolean }>;

/** Only what is given: a field that is left out stays as it is. */
function given<T extends object>(change: Loose<T>): Partial<T> {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)) as Partial<T>;
}

export const sellerChange = (body: SellerBody): Partial<Seller> =>
  given<Seller>({
    name: body.name,
    address: body.address,
    country: body.country,
    taxId: body.tax_id,
    registeredIn: body.registered_in,
    pricesIncludeTax: body.prices_include_tax,
    timeZone: body.time_zone,
    language: body.language,
    series: body.series,
    paymentDays: body.payment_days,
    terms: body.terms,
    dunningDays: body.dunning_days,
  });

export const profileChange = (body: ProfileBody): Partial<BillingProfile> =>
  given<BillingProfile>({
    legalName: body.legal_name,
    address: body.address,
    email: body.email,
    country: body.country,
    taxId: body.tax_id,
    exempt: body.exempt,
    language: body.language,
  });

/** What such a route answers is no JSON. */
export const documentShape = z.string().describe("HTML or PDF, as asked for.");

export async function sendDocument(reply: FastifyReply, format: DocumentFormat, page: Buffer): Promise<string> {
  await reply.type(format === "pdf" ? "application/pdf" : "text/html; charset=utf-8").send(page);
  return "";
}
