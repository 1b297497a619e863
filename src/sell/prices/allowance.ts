import type { PriceRules, PriceStep } from "./rules.ts";
import { refusalOfFree } from "./words.ts";

/** The first units are free, whatever the price of the others; unused ones may roll over. */
export interface AllowancePrice<Inner> {
  readonly kind: "allowance";
  readonly freeUnits: number;
  /** How many unused free units the next period gets beside its own; 0 resets the allowance each period. */
  readonly rolloverUnitsMax: number;
  readonly of: Inner;
}

const beyond = ({ freeUnits }: AllowancePrice<unknown>, units: number): number => Math.max(0, units - freeUnits);

export const allowance: PriceRules<AllowancePrice<unknown>> = {
  total: (price, units, inner) => inner.total(price.of, beyond(price, units)),
  charged: (price, units, inner) => inner.charged(price.of, beyond(price, units)),
  turns: (price, from, inner) => {
    const later = inner.turns(price.of, beyond(price, from)).map((units) => price.freeUnits + units);
    return [price.freeUnits, ...later];
  },
  refusal: ({ freeUnits, rolloverUnitsMax, of }, inner) =>
    refusalOfFree(freeUnits) ?? refusalOfFree(rolloverUnitsMax) ?? inner.refusal(of),
  explain(price, units, inner) {
    const paid = beyond(price, units);
    const free: PriceStep = { rule: "free", count: units - paid, rateNanos: null, amountNanos: 0n };
    return units > paid ? [free, ...inner.explain(price.of, paid)] : inner.explain(price.of, paid);
  },
};
