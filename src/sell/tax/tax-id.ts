import { Refusal } from "../../kernel/errors.ts";

/** Where a tax id is checked by its own arithmetic, and what the scheme is called in the library. ISO 3166 codes. */
const schemes: Readonly<Record<string, string>> = {
  AT: "uid",
  AU: "abn",
  BE: "vat",
  BG: "vat",
  BR: "cnpj",
  CA: "bn",
  CH: "vat",
  CN: "uscc",
  CY: "vat",
  CZ: "dic",
  DE: "vat",
  DK: "cvr",
  EE: "kmkr",
  ES: "nif",
  FI: "alv",
  FR: "tva",
  GB: "vat",
  GR: "vat",
  HR: "oib",
  HU: "anum",
  IE: "vat",
  IN: "gstin",
  IS: "vsk",
  IT: "iva",
  JP: "cn",
  KR: "brn",
  LT: "pvm",
  LU: "tva",
  LV: "pvn",
  MT: "vat",
  MX: "rfc",
  NL: "btw",
  NO: "mva",
  NZ: "ird",
  PL: "nip",
  PT: "nif",
  RO: "cui",
  SE: "vat",
  SG: "uen",
  SI: "ddv",
  SK: "dph",
  ZA: "vat",
};

/** The countries of the European Union, whose businesses owe each other's VAT themselves. */
export const union: ReadonlySet<string> = new Set(
  "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split(" "),
);

/** The tax id as it is printed: no blanks, in capitals, with the country in front within the Union (Greece writes EL). */
export async function parseTaxId(country: string, text: string): Promise<string> {
  const scheme = schemes[country];
  const bare = text.toUpperCase().replace(/[\s.\-/]/g, "");
  if (!/^[0-9A-Z]{4,20}$/.test(bare)) throw refused(country, text);
  if (!scheme) return bare;
  const { stdnum } = await import("stdnum");
  const validator = (stdnum as unknown as Readonly<Record<string, Readonly<Record<string, Validator>>>>)[country]?.[
    scheme
  ];
  const prefix = country === "GR" ? "EL" : country;
  const local = union.has(country) && bare.startsWith(prefix) ? bare.slice(2) : bare;
  if (!validator || ![bare, local].some((candidate) => validator.validate(candidate).isValid))
    throw refused(country, text);
  return union.has(country) ? `${prefix}${local}` : bare;
}

interface Validator {
  validate(text: string): { readonly isValid: boolean };
}

const refused = (country: string, text: string): Refusal =>
  new Refusal(
    "invalid_request",
    `"${text.slice(0, 40)}" is not a tax id of ${country}: its form or check digit is wrong.`,
    {
      param: "tax_id",
    },
  );

/** Refuses what is not a country of two letters. */
export function assertCountry(country: string): void {
  const name = /^[A-Z]{2}$/.test(country)
    ? new Intl.DisplayNames("en", { type: "region", fallback: "none" }).of(country)
    : undefined;
  if (name !== undefined) return;
  throw new Refusal("invalid_request", `"${country}" is not a country like DE.`, { param: "country" });
}
