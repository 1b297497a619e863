/** Numbers, money and times by locale. Money is text in nanos and stays exact: no float on the way. */
export interface Format {
  number(value: number, decimals?: number): string;
  /** 12345 → 12.3K */
  compact(value: number): string;
  /** 0.973 → 97.3 % */
  percent(share: number, decimals?: number): string;
  money(amount: Amount): string;
  /** Whole coins for large amounts, for figures that one glances at. */
  moneyShort(amount: Amount): string;
  date(ms: number): string;
  dateTime(ms: number): string;
  time(ms: number): string;
  /** "3 minutes ago" */
  ago(ms: number, nowMs: number): string;
  /** 93_000 → 1 min 33 s */
  duration(ms: number): string;
  bytes(n: number): string;
}

export interface Amount {
  readonly amount_nanos: string;
  readonly currency: string;
}

export function formatIn(locale: string): Format {
  const moneyFormats = new Map<string, Intl.NumberFormat>();
  const moneyFormat = (currency: string, decimals: number): Intl.NumberFormat => {
    const key = `${currency} ${decimals}`;
    const known = moneyFormats.get(key);
    if (known) return known;
    const made = new Intl.NumberFormat(locale, {
      style: "currency",
      currency: currency.toUpperCase(),
      currencyDisplay: "narrowSymbol",
      minimumFractionDigits: decimals,
      maximumFractionDigits: decimals,
    });
    moneyFormats.set(key, made);
    return made;
  };
  const compact = new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 });
  const date = new Intl.DateTimeFormat(locale, { dateStyle: "medium" });
  const dateTime = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
  const time = new Intl.DateTimeFormat(locale, { timeStyle: "medium" });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  return {
    number: (value, decimals) =>
      new Intl.NumberFormat(locale, decimals === undefined ? {} : fixed(decimals)).format(value),
    compact: (value) =>
      Math.abs(value) < 10_000 ? new Intl.NumberFormat(locale).format(value) : compact.format(value),
    percent: (share, decimals = 1) =>
      new Intl.NumberFormat(locale, { style: "percent", ...fixed(decimals) }).format(share),
    money: ({ amount_nanos, currency }) =>
      moneyFormat(currency, decimalsOf(amount_nanos, currency)).format(unitsOf(amount_nanos)),
    moneyShort: ({ amount_nanos, currency }) => {
      const large = BigInt(amount_nanos) / 10_000_000_000_000n !== 0n; // from ten thousand on
      return moneyFormat(currency, large ? 0 : coinDecimals(currency)).format(unitsOf(amount_nanos));
    },
    date: (ms) => date.format(ms),
    dateTime: (ms) => dateTime.format(ms),
    time: (ms) => time.format(ms),
    ago: (ms, nowMs) => relative.format(...distance(ms - nowMs)),
    duration: (ms) => durationIn(locale, ms),
    bytes: (n) => bytesIn(locale, n),
  };
}

const fixed = (decimals: number) => ({ minimumFractionDigits: decimals, maximumFractionDigits: decimals });

/** Nanos as a decimal text, which `Intl.NumberFormat` formats exactly: "1500000000" → "1.500000000". */
function unitsOf(nanos: string): Intl.StringNumericLiteral {
  const value = BigInt(nanos);
  const size = value < 0n ? -value : value;
  const text = `${size / 1_000_000_000n}.${(size % 1_000_000_000n).toString().padStart(9, "0")}`;
  return `${value < 0n ? "-" : ""}${text}` as Intl.StringNumericLiteral;
}

/** For files: "1500000000" → "1.50", without the marks of any language. */
export function plainAmount({ amount_nanos, currency }: Amount): string {
  const units = unitsOf(amount_nanos);
  const end = units.length - 9 + decimalsOf(amount_nanos, currency);
  return units.slice(0, end).replace(/\.$/, "");
}

const coinDecimals = (currency: string): number => (currency === "jpy" ? 0 : 2);

/** As many decimals as the amount has, at least the coin's: prices of one answer are far below a cent. */
function decimalsOf(nanos: string, currency: string): number {
  const fraction = nanos.replace("-", "").padStart(10, "0").slice(-9).replace(/0+$/, "");
  return Math.max(coinDecimals(currency), fraction.length);
}

function distance(ms: number): [number, Intl.RelativeTimeFormatUnit] {
  const steps: readonly [Intl.RelativeTimeFormatUnit, number][] = [
    ["day", 86_400_000],
    ["hour", 3_600_000],
    ["minute", 60_000],
  ];
  for (const [unit, size] of steps) if (Math.abs(ms) >= size) return [Math.round(ms / size), unit];
  return [Math.round(ms / 1000), "second"];
}

function durationIn(locale: string, ms: number): string {
  const unit = (value: number, name: string, decimals = 0): string =>
    new Intl.NumberFormat(locale, { style: "unit", unit: name, unitDisplay: "short", ...fixed(decimals) }).format(
      value,
    );
  if (ms < 1000) return unit(ms, "millisecond", ms < 10 ? 1 : 0);
  const seconds = ms / 1000;
  if (seconds < 60) return unit(seconds, "second", seconds < 10 ? 1 : 0);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${unit(minutes, "minute")} ${unit(Math.floor(seconds % 60), "second")}`;
  return `${unit(Math.floor(minutes / 60), "hour")} ${unit(minutes % 60, "minute")}`;
}

function bytesIn(locale: string, n: number): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;
  const at = Math.min(units.length - 1, n < 1 ? 0 : Math.floor(Math.log10(n) / 3));
  const value = n / 1000 ** at;
  return new Intl.NumberFormat(locale, {
    style: "unit",
    unit: units[at] ?? "byte",
    unitDisplay: "short",
    maximumFractionDigits: value < 10 ? 1 : 0,
  }).format(value);
}
