import type { Nanos } from "../../kernel/money.ts";
import type { PriceRules } from "./rules.ts";
import { least, refusalOfAmount, unitsBelow } from "./words.ts";

/** A cap on what usage may cost: beyond it units are free. (A spend cap refuses them instead.) */
export interface MaximumPrice<Inner> {
  readonly kind: "maximum";
  readonly maximumNanos: Nanos;
  readonly of: Inner;
}

export const maximum: PriceRules<MaximumPrice<unknown>> = {
  total: ({ maximumNanos, of }, units, inner) => least(maximumNanos, inner.total(of, units)),
  charged: ({ maximumNanos, of }, units, inner) => least(maximumNanos, inner.charged(of, units)),
  turns: ({ maximumNanos, of }, from, inner) => [
    ...inner.turns(of, from),
    unitsBelow(maximumNanos, (units) => inner.charged(of, units)),
  ],
  refusal: ({ maximumNanos, of }, inner) => refusalOfAmount(maximumNanos, "A maximum") ?? inner.refusal(of),
  explain({ maximumNanos, of }, units, inner) {
    const beyondNanos = inner.total(of, units) - maximumNanos;
    const steps = inner.explain(of, units);
    if (beyondNanos <= 0n) return steps;
    return [...steps, { rule: "cap", count: 1, rateNanos: maximumNanos, amountNanos: -beyondNanos }];
  },
};
