import { spansOfLabel } from "../../data/index.ts";
import { seededRandom } from "../../kernel/random.ts";
import type { Coefficient } from "./coefficients.ts";

/** How far reviewers mark the same spans. */
export interface SpanAgreement {
  /** Texts with at least two votes. */
  readonly items: number;
  /** Of the pairs of votes on one text, the share in which all spans are the same. */
  readonly observed: number;
  /** Nothing where nobody marked anything. */
  readonly f1: Coefficient | null;
}

interface Overlap {
  readonly shared: number;
  readonly marked: number;
  readonly same: number;
  readonly pairs: number;
}

/**
 * F1 of spans that have start, end and label in common, over all pairs of votes on a text: 2 |A ∩ B| / (|A| + |B|), summed
 * before it is divided. It needs no count of what nobody marked, which texts do not have, and is what kappa comes to where that
 * is large (Hripcsak and Rothschild, 2005). The interval is the percentile bootstrap over texts (Efron, 1979).
 */
export function spanAgreement(votes: readonly (readonly string[])[]): SpanAgreement | null {
  const items = votes.filter((of) => of.length >= 2).map(overlapOf);
  if (items.length === 0) return null;
  const all = total(items);
  return { items: items.length, observed: all.same / all.pairs, f1: withInterval(items, f1Of(all)) };
}

function overlapOf(labels: readonly string[]): Overlap {
  const marks = labels.map(
    (label) => new Set(spansOfLabel(label).map(({ start, end, label: name }) => `${start} ${end} ${name}`)),
  );
  const pairs = marks.flatMap((a, i) =>
    marks.slice(i + 1).map((b) => {
      const shared = [...a].filter((mark) => b.has(mark)).length;
      return {
        shared: 2 * shared,
        marked: a.size + b.size,
        same: shared === a.size && shared === b.size ? 1 : 0,
        pairs: 1,
      };
    }),
  );
  return total(pairs);
}

function total(parts: readonly Overlap[]): Overlap {
  const sum = { shared: 0, marked: 0, same: 0, pairs: 0 };
  for (const { shared, marked, same, pairs } of parts) {
    sum.shared += shared;
    sum.marked += marked;
    sum.same += same;
    sum.pairs += pairs;
  }
  return sum;
}

const f1Of = ({ shared, marked }: Overlap): number | null => (marked === 0 ? null : shared / marked);

const samples = 500;

function withInterval(items: readonly Overlap[], value: number | null): Coefficient | null {
  if (value === null || items.length < 2) return null;
  const random = seededRandom("span agreement");
  const drawn = Array.from({ length: samples }, () =>
    f1Of(total(items.map((item) => items[random.below(items.length)] ?? item))),
  ).filter((f1) => f1 !== null);
  drawn.sort((a, b) => a - b);
  const at = (share: number): number => drawn[Math.round(share * (drawn.length - 1))] ?? value;
  return { value, low: at(0.025), high: at(0.975) };
}
