import type { Currency, Nanos } from "../../kernel/money.ts";
import { nanosPerMinorUnit, nanosPerUnit } from "../../kernel/money.ts";
import type { PriceStep } from "../prices/rules.ts";
import type { MeteredUnit } from "../units.ts";
import type { DocumentView, Language, LineAbout, Part, Service, TaxNote } from "./view.ts";

/** Every word of a document, in every language it may be written in. */
interface Words {
  readonly titles: { readonly [K in DocumentView["kind"]]: string };
  readonly labels: { readonly [K in Label]: string };
  readonly units: { readonly [U in MeteredUnit]: string };
  readonly services: { readonly [S in Service]: string };
  readonly notes: { readonly [N in TaxNote]: string };
  readonly lines: { readonly [K in LineAbout["kind"]]: (about: Extract<LineAbout, { kind: K }>) => string };
  readonly steps: { readonly [R in PriceStep["rule"]]: (step: PriceStep, money: (nanos: Nanos) => string) => string };
  date(civil: { year: string; month: string; day: string }): string;
}

export type Label =
  | "from"
  | "to"
  | "issued"
  | "payBy"
  | "period"
  | "taxId"
  | "credits"
  | "reason"
  | "what"
  | "amount"
  | "net"
  | "total"
  | "paidFromBalance"
  | "backToBalance"
  | "due"
  | "carried"
  | "includedTax"
  | "terms";

const count = (n: number): string => n.toLocaleString("en-US");
const percent = (partsPerMillion: number): string => `${partsPerMillion / 10_000} %`;
const share = ({ partMs, wholeMs }: Part): string => `${((partMs / wholeMs) * 100).toFixed(1)} %`;

const english: Words = {
  titles: { invoice: "Invoice", credit_note: "Credit note", draft: "Draft invoice" },
  labels: {
    from: "From",
    to: "To",
    issued: "Issued",
    payBy: "Pay by",
    period: "Period",
    taxId: "Tax id",
    credits: "Credits",
    reason: "Reason",
    what: "Description",
    amount: "Amount",
    net: "Net",
    total: "Total",
    paidFromBalance: "Paid from balance",
    backToBalance: "Back to balance",
    due: "Due",
    carried: "Less than a coin, carried to the next invoice",
    includedTax: "Of this tax",
    terms: "How to pay",
  },
  units: {
    requests: "requests",
    predictions: "predictions",
    input_tokens: "input tokens",
    cached_input_tokens: "cached input tokens",
    output_tokens: "output tokens",
    seconds: "seconds",
    images: "images",
    characters: "characters",
    rows: "rows",
  },
  services: {
    dataset_licence: "Dataset licence",
    labelling: "Labelling",
    project: "Project work",
    course: "Training course",
    other: "Service",
  },
  notes: {
    charged: "",
    included: "Prices include tax.",
    reverse_charge: "Reverse charge: the recipient accounts for the tax.",
    exempt: "The recipient is exempt from tax.",
    outside: "Outside the scope of tax.",
    none: "",
  },
  lines: {
    fee: ({ product, plan, part }) => `${product}, ${plan}: fee${part ? ` for ${share(part)} of the period` : ""}`,
    usage({ product, plan, unit, units, freeUnits, lateUnits }) {
      const free = freeUnits === null ? "" : `, ${count(freeUnits)} of them free`;
      const late = lateUnits === 0 ? "" : ` (${count(lateUnits)} from before this period)`;
      return `${product}, ${plan}: ${count(units)} ${english.units[unit]}${free}${late}`;
    },
    addon: ({ name, quantity, part }) =>
      `Add-on ${name}${quantity === 1 ? "" : ` × ${count(quantity)}`}${part ? ` for ${share(part)} of the period` : ""}`,
    item: ({ service, text, quantity }) =>
      `${english.services[service]}: ${text}${quantity === 1 ? "" : ` × ${count(quantity)}`}`,
    discount: ({ code }) => `Discount ${code}`,
    tax: ({ name, partsPerMillion }) => `${name} ${percent(partsPerMillion)}`,
    credit: ({ of }) => `Credit: ${describeLine(of, "en")}`,
  },
  steps: {
    free: ({ count: n }) => `${count(n)} free`,
    units: ({ count: n, rateNanos }, money) => `${count(n)} at ${money(rateNanos ?? 0n)} per 1,000`,
    packages: ({ count: n, rateNanos }, money) => `${count(n)} packages at ${money(rateNanos ?? 0n)}`,
    percentage: ({ count: n, rateNanos }, money) => `${count(n)} at ${money(rateNanos ?? 0n)} per 1,000`,
    flat: () => "flat amount",
    commitment: ({ rateNanos }, money) => `up to the minimum of ${money(rateNanos ?? 0n)}`,
    cap: ({ rateNanos }, money) => `beyond the maximum of ${money(rateNanos ?? 0n)}`,
  },
  date: ({ year, month, day }) => `${year}-${month}-${day}`,
};

const chinese: Words = {
  titles: { invoice: "账单", credit_note: "贷项通知单", draft: "账单草稿" },
  labels: {
    from: "开具方",
    to: "客户",
    issued: "开具日期",
    payBy: "付款期限",
    period: "计费周期",
    taxId: "税号",
    credits: "冲销账单",
    reason: "原因",
    what: "项目",
    amount: "金额",
    net: "不含税金额",
    total: "合计",
    paidFromBalance: "余额支付",
    backToBalance: "退回余额",
    due: "应付金额",
    carried: "不足最小货币单位，结转至下期账单",
    includedTax: "其中税额",
    terms: "付款方式",
  },
  units: {
    requests: "次请求",
    predictions: "次预测",
    input_tokens: "个输入词元",
    cached_input_tokens: "个缓存输入词元",
    output_tokens: "个输出词元",
    seconds: "秒",
    images: "张图片",
    characters: "个字符",
    rows: "行",
  },
  services: {
    dataset_licence: "数据集许可",
    labelling: "标注服务",
    project: "项目开发",
    course: "培训课程",
    other: "服务",
  },
  notes: {
    charged: "",
    included: "价格含税。",
    reverse_charge: "反向征收：由接收方申报税款。",
    exempt: "接收方免税。",
    outside: "不在征税范围内。",
    none: "",
  },
  lines: {
    fee: ({ product, plan, part }) => `${product}，${plan}：月费${part ? `（周期的 ${share(part)}）` : ""}`,
    usage({ product, plan, unit, units, freeUnits, lateUnits }) {
      const free = freeUnits === null ? "" : `，其中免费 ${count(freeUnits)}`;
      const late = lateUnits === 0 ? "" : `（含上期 ${count(lateUnits)}）`;
      return `${product}，${plan}：${count(units)} ${chinese.units[unit]}${free}${late}`;
    },
    addon: ({ name, quantity, part }) =>
      `附加项 ${name}${quantity === 1 ? "" : ` × ${count(quantity)}`}${part ? `（周期的 ${share(part)}）` : ""}`,
    item: ({ service, text, quantity }) =>
      `${chinese.services[service]}：${text}${quantity === 1 ? "" : ` × ${count(quantity)}`}`,
    discount: ({ code }) => `优惠 ${code}`,
    tax: ({ name, partsPerMillion }) => `${name} ${percent(partsPerMillion)}`,
    credit: ({ of }) => `退款：${describeLine(of, "zh")}`,
  },
  steps: {
    free: ({ count: n }) => `免费 ${count(n)}`,
    units: ({ count: n, rateNanos }, money) => `${count(n)}，每千单位 ${money(rateNanos ?? 0n)}`,
    packages: ({ count: n, rateNanos }, money) => `${count(n)} 包，每包 ${money(rateNanos ?? 0n)}`,
    percentage: ({ count: n, rateNanos }, money) => `${count(n)}，每千单位 ${money(rateNanos ?? 0n)}`,
    flat: () => "固定金额",
    commitment: ({ rateNanos }, money) => `补足最低消费 ${money(rateNanos ?? 0n)}`,
    cap: ({ rateNanos }, money) => `超过封顶 ${money(rateNanos ?? 0n)} 的部分`,
  },
  date: ({ year, month, day }) => `${year}年${Number(month)}月${Number(day)}日`,
};

const words: { readonly [L in Language]: Words } = { en: english, zh: chinese };

export const titleOf = (kind: DocumentView["kind"], language: Language): string => words[language].titles[kind];
export const labelOf = (label: Label, language: Language): string => words[language].labels[label];
export const noteOf = (note: TaxNote, language: Language): string => words[language].notes[note];

export function describeLine(about: LineAbout, language: Language): string {
  return (words[language].lines[about.kind] as (about: LineAbout) => string)(about);
}

export function describeStep(step: PriceStep, language: Language, currency: Currency): string {
  return words[language].steps[step.rule](step, (nanos) => moneyText(nanos, currency));
}

/** The day in the zone: `2026-01-31`, `2026年1月31日`. */
export function dateText(ms: number, timeZone: string, language: Language): string {
  const parts = new Intl.DateTimeFormat("en-CA", {
    timeZone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
  }).formatToParts(ms);
  const part = (type: string): string => parts.find((found) => found.type === type)?.value ?? "";
  return words[language].date({ year: part("year"), month: part("month"), day: part("day") });
}

/** `USD -1,234.50`: as many decimals as the amount needs, and never fewer than the currency's coins have. */
export function moneyText(nanos: Nanos, currency: Currency): string {
  const size = nanos < 0n ? -nanos : nanos;
  const whole = (size / nanosPerUnit).toString().replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  const coins = (nanosPerUnit / nanosPerMinorUnit[currency]).toString().length - 1;
  let fraction = (size % nanosPerUnit).toString().padStart(9, "0");
  while (fraction.length > coins && fraction.endsWith("0")) fraction = fraction.slice(0, -1);
  return `${currency.toUpperCase()} ${nanos < 0n ? "-" : ""}${whole}${fraction === "" ? "" : `.${fraction}`}`;
}
