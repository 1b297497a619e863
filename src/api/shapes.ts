import { z } from "zod";
import { limits } from "../kernel/limits.ts";
import { type Currency, type Nanos, currencies } from "../kernel/money.ts";

/** Shapes that every resource shares. JSON is `snake_case`; money is text, because JSON numbers lose digits. */
export const money = z.strictObject({
  amount_nanos: z
    .string()
    .regex(/^-?\d+$/)
    .describe("Amount in 1e-9 of the currency's unit, as text."),
  currency: z.enum(currencies as [Currency, ...Currency[]]),
});

export function moneyOf(amountNanos: Nanos, currency: Currency): z.input<typeof money> {
  return { amount_nanos: amountNanos.toString(), currency };
}

export const currency = z.enum(currencies as [Currency, ...Currency[]]);
export const amount = z
  .string()
  .regex(/^\d{1,12}(\.\d{1,9})?$/)
  .describe('An amount like "29.00".');
export const name = z.string().trim().min(1).max(limits.nameCharsMax);
export const unixMs = z.number().int().describe("Unix time in milliseconds.");
export const metric = z.strictObject({ value: z.number(), low: z.number(), high: z.number() });

export const idParams = z.strictObject({ id: z.string().min(1).max(100) });

export const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(limits.listMax).default(limits.listDefault),
  cursor: z.string().max(200).optional().describe("The `next_cursor` of the page before."),
});

/** A page: `{ "object": "list", "data": [], "has_more", "next_cursor" }`. */
export function listOf<T extends z.ZodType>(item: T) {
  return z.strictObject({
    object: z.literal("list"),
    data: z.array(item),
    has_more: z.boolean(),
    next_cursor: z.string().nullable(),
  });
}

/**
 * Cuts one page out of `limit + 1` rows that the module gave, newest first; the cursor is the last id of the page, which
 * is where the next page starts.
 */
export function pageOf<R extends { readonly id: string }, T>(rows: readonly R[], limit: number, toItem: (row: R) => T) {
  const page = rows.slice(0, limit);
  const more = rows.length > limit;
  return {
    object: "list" as const,
    data: page.map(toItem),
    has_more: more,
    next_cursor: more ? (page.at(-1)?.id ?? null) : null,
  };
}

const perMinute = z.number().int().min(1).max(limits.ratePerMinuteMax).nullable().describe("Null: no limit.");

export const limitsShape = z.strictObject({ requests_per_minute: perMinute, tokens_per_minute: perMinute });
export const limitsBody = limitsShape.partial().describe("What is left out stays as it is.");

export function limitsOf(of: { readonly requestsPerMinute: number | null; readonly tokensPerMinute: number | null }) {
  return { requests_per_minute: of.requestsPerMinute, tokens_per_minute: of.tokensPerMinute };
}

export function limitsFrom({ requests_per_minute, tokens_per_minute }: z.output<typeof limitsBody>) {
  return {
    ...(requests_per_minute === undefined ? {} : { requestsPerMinute: requests_per_minute }),
    ...(tokens_per_minute === undefined ? {} : { tokensPerMinute: tokens_per_minute }),
  };
}

export const errorBody = z.strictObject({
  error: z.strictObject({
    type: z.string(),
    code: z.string(),
    message: z.string(),
    param: z.string().nullable(),
    doc_url: z.string(),
    request_id: z.string(),
  }),
});

/** The same for modules that cut their pages themselves. */
export function pageShape<R, T>(
  page: { readonly data: readonly R[]; readonly nextCursor: string | null },
  toItem: (row: R) => T,
) {
  return {
    object: "list" as const,
    data: page.data.map(toItem),
    has_more: page.nextCursor !== null,
    next_cursor: page.nextCursor,
  };
}
