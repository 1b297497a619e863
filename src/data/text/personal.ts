/** Kinds of personal data that are recognized by their form alone. */
export const personalKinds = ["email", "phone", "card", "iban", "resident_id"] as const;

export type PersonalKind = (typeof personalKinds)[number];

export type PersonalCounts = { readonly [K in PersonalKind]: number };

interface Recognizer {
  /** Global; linear on any text: every start has a boundary before it and every repeat a bound. */
  readonly pattern: RegExp;
  /** Without this in a text the pattern need not be tried. */
  readonly sign: RegExp;
  /** What the pattern cannot say: checksums, lengths, ranges. */
  readonly isReal: (match: string) => boolean;
  readonly token: string;
}

/** In the order in which they claim text: what one has found, a later one does not find again. */
const recognizers: { readonly [K in PersonalKind]: Recognizer } = {
  email: {
    pattern: /(?<![\w.%+-])[\w.%+-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,8}[a-z]{2,24}(?![\w-])/gi,
    sign: /@/,
    isReal: (match) => !match.startsWith(".") && !match.includes(".."),
    token: "[EMAIL]",
  },
  iban: {
    pattern: /(?<![A-Z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Z0-9])/g,
    sign: /\d\d/,
    isReal: isIban,
    token: "[IBAN]",
  },
  resident_id: {
    pattern: /(?<![\dA-Za-z])[1-8]\d{16}[\dXx](?![\dA-Za-z])/g,
    sign: /\d\d/,
    isReal: isChineseResidentId,
    token: "[ID]",
  },
  card: {
    pattern: /(?<![\d.,+-])\d{4}(?:[ -]?\d{2,6}){2,4}(?![\d-]|[.,]\d)/g,
    sign: /\d\d/,
    isReal: isCardNumber,
    token: "[CARD]",
  },
  phone: {
    pattern: new RegExp(
      [
        String.raw`(?<![\w+./-])\+\d{1,3}(?:[ .\-/]?\(?\d{1,4}\)?){2,5}(?![\w-]|\.\d)`, // +44 20 7946 0958
        String.raw`(?<![\w./-])(?:1[-. ])?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[-. ])[2-9]\d{2}[-. ]\d{4}(?![\w-]|\.\d)`, // (212) 555-0187
        String.raw`(?<![\w./-])(?<!\d )1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?![\w-]|\.\d)`, // 138 1234 5678, a Chinese mobile
        String.raw`(?<![\w./-])(?<!\d )\(?0\d{2,3}\)?[ -]\d{7,8}(?![\w-]|\.\d)`, // 010-62781234
        String.raw`(?<![\w./-])(?<!\d )\(?0\d{1,4}\)?[ -]\d{3,4}[ -]\d{3,5}(?![\w-]|\.\d)`, // 020 7946 0958
      ].join("|"),
      "g",
    ),
    sign: /\d\d/,
    isReal: isPhoneNumber,
    token: "[PHONE]",
  },
};

/** Where in a text something personal stands: UTF-16 units, the end not included. */
export interface PersonalSpan {
  readonly kind: PersonalKind;
  readonly start: number;
  readonly end: number;
}

/** Counts without keeping: what was found never leaves this function. */
export function countPersonalData(text: string): PersonalCounts {
  return countsOf(findPersonalData(text));
}

/** The text with every find replaced by its token, and how many there were. Redacting twice changes nothing. */
export function redactPersonalData(text: string): { text: string; counts: PersonalCounts } {
  const spans = findPersonalData(text);
  if (spans.length === 0) return { text, counts: noPersonalData };
  let redacted = "";
  let at = 0;
  for (const { kind, start, end } of spans) {
    redacted += text.slice(at, start) + recognizers[kind].token;
    at = end;
  }
  return { text: redacted + text.slice(at), counts: countsOf(spans) };
}

/** Every find, in the order of the text; none overlaps another. */
export function findPersonalData(text: string): PersonalSpan[] {
  const spans: PersonalSpan[] = [];
  let rest = text;
  for (const kind of claimOrder) {
    const { pattern, sign, isReal } = recognizers[kind];
    if (!sign.test(rest)) continue;
    const found = [...rest.matchAll(pattern)]
      .filter(([match]) => isReal(match))
      .map(({ 0: match, index: start }) => ({ kind, start, end: start + match.length }));
    if (found.length === 0) continue;
    spans.push(...found);
    rest = masked(rest, found);
  }
  return spans.sort((a, b) => a.start - b.start);
}

/** What is claimed looks like a token of the same length to those that come later. */
function masked(text: string, spans: readonly PersonalSpan[]): string {
  let rest = "";
  let at = 0;
  for (const { start, end } of spans) {
    rest += `${text.slice(at, start)}[${"#".repeat(end - start - 2)}]`;
    at = end;
  }
  return rest + text.slice(at);
}

function countsOf(spans: readonly PersonalSpan[]): PersonalCounts {
  if (spans.length === 0) return noPersonalData;
  const counts: Record<PersonalKind, number> = { ...noPersonalData };
  for (const { kind } of spans) counts[kind]++;
  return counts;
}

/** One object for all the texts without any: an import holds one for each row. */
export const noPersonalData: PersonalCounts = { email: 0, phone: 0, card: 0, iban: 0, resident_id: 0 };

const claimOrder = Object.keys(recognizers) as PersonalKind[];

const digitsOf = (text: string): string => text.replaceAll(/\D/g, "");

/** ISO/IEC 7812: a known issuer, a length of its own, and the Luhn sum. */
function isCardNumber(match: string): boolean {
  const digits = digitsOf(match);
  if (!issuers.test(digits) || /^(\d)\1*$/.test(digits)) return false;
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 48;
    const doubled = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
    sum += i % 2 === 1 ? doubled : digit;
  }
  return sum % 10 === 0;
}

// Visa; Mastercard; American Express; Discover; JCB; Diners Club; UnionPay
const issuers =
  /^(?:4\d{12}(?:\d{3}(?:\d{3})?)?|(?:5[1-5]\d{2}|2(?:2[2-9]|[3-6]\d|7[01])\d|2720)\d{12}|3[47]\d{13}|6(?:011|5\d{2}|4[4-9]\d)\d{12}|35(?:2[89]|[3-8]\d)\d{12}|3(?:0[0-5]|[68]\d)\d{11}|62\d{14,17})$/;

/** ISO 13616: the length of the country, and 97 divides the rearranged number with remainder 1. */
function isIban(match: string): boolean {
  const iban = match.replaceAll(" ", "");
  if (ibanLengths.get(iban.slice(0, 2)) !== iban.length) return false;
  let remainder = 0;
  for (const char of iban.slice(4) + iban.slice(0, 4)) {
    const value = Number.parseInt(char, 36);
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97;
  }
  return remainder === 1;
}

const ibanLengths: ReadonlyMap<string, number> = new Map(
  (
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 EE20 EG29 ES24 FI18 FO18 " +
    "FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 " +
    "LY25 MC27 MD24 ME22 MK19 MR27 MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 SA24 SC31 SE24 SI19 SK24 SM27 " +
    "ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20"
  )
    .split(" ")
    .map((entry) => [entry.slice(0, 2), Number(entry.slice(2))]),
);

/** GB 11643-1999: a date of birth inside, and ISO 7064 MOD 11-2 at the end. */
function isChineseResidentId(match: string): boolean {
  const year = Number(match.slice(6, 10));
  const month = Number(match.slice(10, 12));
  const day = Number(match.slice(12, 14));
  if (year < 1900 || year > 2100 || month < 1 || month > 12 || day < 1 || day > 31) return false;
  let sum = 0;
  for (let i = 0; i < 17; i++) sum += (match.charCodeAt(i) - 48) * (2 ** (17 - i) % 11);
  return "10X98765432".charAt(sum % 11) === match.charAt(17).toUpperCase();
}

/** E.164 allows 15 digits; fewer than 8 are too short to tell. Dates that look like numbers are none. */
function isPhoneNumber(match: string): boolean {
  const count = digitsOf(match).length;
  return count >= 8 && count <= 15;
}
