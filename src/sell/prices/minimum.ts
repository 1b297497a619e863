import type { Nanos } from "../../kernel/money.ts";
import type { PriceRules } from "./rules.ts";
import { most, refusalOfAmount } from "./words.ts";

/** A commitment: what usage leaves missing to the minimum is added when the period closes. */
export interface MinimumPrice<Inner> {
  readonly kind: "minimum";
  readonly minimumNanos: Nanos;
  readonly of: Inner;
}

export const minimum: PriceRules<MinimumPrice<unknown>> = {
  total: ({ minimumNanos, of }, units, inner) => most(minimumNanos, inner.total(of, units)),
  charged: ({ of }, units, inner) => inner.charged(of, units),
  turns: ({ of }, from, inner) => inner.turns(of, from),
  refusal: ({ minimumNanos, of }, inner) => refusalOfAmount(minimumNanos, "A minimum commitment") ?? inner.refusal(of),
  explain({ minimumNanos, of }, units, inner) {
    const missingNanos = minimumNanos - inner.total(of, units);
    const steps = inner.explain(of, units);
    if (missingNanos <= 0n) return steps;
    return [...steps, { rule: "commitment", count: 1, rateNanos: minimumNanos, amountNanos: missingNanos }];
  },
};
