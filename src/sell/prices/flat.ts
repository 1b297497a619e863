import type { Nanos } from "../../kernel/money.ts";
import type { PriceRules } from "./rules.ts";
import { refusalOfAmount } from "./words.ts";

/** One amount for a period in which anything is used, however much. What is owed in any case is the plan's fee. */
export interface FlatPrice {
  readonly kind: "flat";
  readonly amountNanos: Nanos;
}

const total = ({ amountNanos }: FlatPrice, units: number): Nanos => (units === 0 ? 0n : amountNanos);

export const flat: PriceRules<FlatPrice> = {
  total,
  charged: total,
  turns: () => [0],
  refusal: ({ amountNanos }) => refusalOfAmount(amountNanos, "A flat price"),
  explain: ({ amountNanos }, units) =>
    units === 0 ? [] : [{ rule: "flat", count: 1, rateNanos: amountNanos, amountNanos }],
};
