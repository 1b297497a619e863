import type { Item } from "./types.ts";
import type { Format } from "../../i18n/format.ts";
import { csvOf } from "../../ui/csv.ts";

export const dimensions = ["time", "model", "customer", "partner"] as const;
export type Dimension = (typeof dimensions)[number];

export const measures = ["revenue", "cost", "commission", "margin", "predictions", "accuracy"] as const;
export type Measure = (typeof measures)[number];

/** What rows add up to. Money is exact: whole nanos, each currency apart. */
export interface Sums {
  readonly money: ReadonlyMap<
    string,
    { readonly revenue: bigint; readonly cost: bigint; readonly commission: bigint; readonly margin: bigint }
  >;
  readonly predictions: number;
  readonly reviewed: number;
  readonly right: number;
}

export interface Group {
  readonly key: string;
  readonly name: string;
  readonly sums: Sums;
}

export function sumsOf(rows: readonly Item[]): Sums {
  const money = new Map<string, { revenue: bigint; cost: bigint; commission: bigint; margin: bigint }>();
  let [predictions, reviewed, right] = [0, 0, 0];
  for (const row of rows) {
    const { currency } = row.revenue;
    const sum = money.get(currency) ?? { revenue: 0n, cost: 0n, commission: 0n, margin: 0n };
    for (const kind of ["revenue", "cost", "commission", "margin"] as const)
      sum[kind] += BigInt(row[kind].amount_nanos);
    money.set(currency, sum);
    predictions += row.predictions;
    reviewed += row.accuracy?.reviewed ?? 0;
    right += row.accuracy ? Math.round(row.accuracy.value * row.accuracy.reviewed) : 0;
  }
  return { money, predictions, reviewed, right };
}

interface Names {
  readonly time: (ms: number) => string;
  readonly model: (id: string) => string;
  /** What belongs to no model: fees. */
  readonly noModel: string;
  /** Customers whom nobody brought. */
  readonly direct: string;
}

export function placeOf(
  row: Item,
  dimension: Dimension,
  names: Names,
): { readonly key: string; readonly name: string } {
  switch (dimension) {
    case "time":
      return { key: String(row.from_ms).padStart(16, "0"), name: names.time(row.from_ms) };
    case "model":
      return row.model === null ? { key: "", name: names.noModel } : { key: row.model, name: names.model(row.model) };
    case "customer":
      return { key: row.customer ?? "", name: row.customer_name ?? "" };
    case "partner":
      return row.partner === null
        ? { key: "", name: names.direct }
        : { key: row.partner, name: row.partner_name ?? row.partner };
  }
}

/** Rows by one dimension: time in its order, all else by revenue. */
export function groupsOf(rows: readonly Item[], dimension: Dimension, names: Names): readonly Group[] {
  const found = new Map<string, { readonly name: string; readonly rows: Item[] }>();
  for (const row of rows) {
    const { key, name } = placeOf(row, dimension, names);
    const group = found.get(key) ?? { name, rows: [] };
    group.rows.push(row);
    found.set(key, group);
  }
  const groups = [...found].map(([key, { name, rows: of }]) => ({ key, name, sums: sumsOf(of) }));
  const revenue = ({ sums }: Group): bigint => [...sums.money.values()].reduce((sum, each) => sum + each.revenue, 0n);
  return dimension === "time"
    ? groups.toSorted((a, b) => (a.key < b.key ? -1 : 1))
    : groups.toSorted((a, b) => Number(revenue(b) - revenue(a) > 0n) - Number(revenue(b) - revenue(a) < 0n));
}

/** A measure in words: of money one amount for each currency. */
export function shown(sums: Sums, measure: Measure, format: Format): string {
  if (measure === "predictions") return format.number(sums.predictions);
  if (measure === "accuracy") return sums.reviewed === 0 ? "–" : format.percent(sums.right / sums.reviewed);
  const amounts = [...sums.money].map(([currency, sum]) =>
    format.moneyShort({ amount_nanos: sum[measure].toString(), currency }),
  );
  return amounts.length === 0 ? "–" : amounts.join(" + ");
}

/** For a chart only, where a float is exact enough: whole units, or a count, or a share. */
export function heightOf(sums: Sums, measure: Measure, currency: string): number {
  if (measure === "predictions") return sums.predictions;
  if (measure === "accuracy") return sums.reviewed === 0 ? 0 : sums.right / sums.reviewed;
  const nanos = sums.money.get(currency)?.[measure] ?? 0n;
  return Number(nanos / 10_000n) / 100_000;
}

/** Every row as it came, amounts as exact decimals; cells that a spreadsheet would take for a formula are quoted. */
export function pivotCsv(rows: readonly Item[]): string {
  const head =
    "from,model,customer,customer_name,partner,partner_name,currency,predictions,accuracy,reviewed,revenue,cost,commission,margin";
  const lines = rows.map((row) => [
    new Date(row.from_ms).toISOString().slice(0, 10),
    row.model ?? "",
    row.customer ?? "",
    row.customer_name ?? "",
    row.partner ?? "",
    row.partner_name ?? "",
    row.revenue.currency,
    row.predictions,
    row.accuracy?.value ?? "",
    row.accuracy?.reviewed ?? "",
    decimal(row.revenue.amount_nanos),
    decimal(row.cost.amount_nanos),
    decimal(row.commission.amount_nanos),
    decimal(row.margin.amount_nanos),
  ]);
  return csvOf(head.split(","), lines);
}

function decimal(nanos: string): string {
  const value = BigInt(nanos);
  const size = value < 0n ? -value : value;
  return `${value < 0n ? "-" : ""}${size / 1_000_000_000n}.${(size % 1_000_000_000n).toString().padStart(9, "0")}`;
}
