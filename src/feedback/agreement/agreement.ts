import type { Kind } from "../../data/index.ts";
import { limits } from "../../kernel/limits.ts";
import { type Queries, query, sql } from "../../store/index.ts";
import { type Proportion, wilson } from "../wilson.ts";
import { type SpanAgreement, spanAgreement } from "./spans.ts";
import { type Coefficient, type CoefficientName, coefficientNames, coefficients, cohenKappa } from "./coefficients.ts";

/** How far reviewers agree with each other, and with gold items. Decisions over differing votes are no votes. */
export interface Agreement {
  /** Items with at least two votes, and all votes on them. */
  readonly items: number;
  readonly votes: number;
  /** Of the same, where the decision is all spans of a text; the other figures are without them. */
  readonly spans: SpanAgreement | null;
  /** Of the pairs of votes on one item, the share with the same label, without regard to chance. */
  readonly observed: number | null;
  readonly coefficients: { readonly [N in CoefficientName]: Coefficient | null };
  readonly reviewers: readonly ReviewerAgreement[];
  /** Cohen's kappa of reviewers who voted on the same items, those with the most items first. */
  readonly pairs: readonly {
    readonly reviewers: readonly [string, string];
    readonly items: number;
    readonly kappa: Coefficient | null;
  }[];
}

export interface ReviewerAgreement {
  readonly reviewer: string;
  readonly votes: number;
  /** On gold items: how many were right. */
  readonly gold: Proportion | null;
}

export interface Vote {
  readonly item: string;
  readonly reviewer: string;
  readonly label: string;
  /** The right label, of a gold item. */
  readonly gold: string | null;
  readonly kind: Kind;
}

/** Over the newest `limits.agreementItemsMax` items with votes. */
export async function reviewAgreement(
  db: Queries,
  { queue = null }: { readonly queue?: string | null | undefined } = {},
): Promise<Agreement> {
  const votes = await db.perform(
    query<Vote>(sql`select v.item, v.reviewer, v.label, case when i.gold = 1 then i.label else null end as gold, i.kind
      from review_votes v join review_items i on i.id = v.item
      where v.item in (select id from review_items where (cast(${queue} as text) is null or queue = ${queue})
        and exists (select 1 from review_votes where item = review_items.id) order by id desc limit ${limits.agreementItemsMax})
      order by v.item, v.reviewer`),
  );
  return agreementOf(votes);
}

/** Pure: the same from votes that are known. */
export function agreementOf(all: readonly Vote[]): Agreement {
  const votes = all.filter(({ kind }) => kind !== "text-spans");
  const ofSpans = [...groupByItem(all.filter(({ kind }) => kind === "text-spans")).values()];
  const labels = [...new Set(votes.map(({ label }) => label))].sort();
  const items = groupByItem(votes);
  const ratings = [...items.values()].map((of) =>
    labels.map((label) => of.filter((vote) => vote.label === label).length),
  );
  const shared = [...items.values()].filter((of) => of.length >= 2);
  return {
    items: shared.length,
    votes: shared.reduce((total, of) => total + of.length, 0),
    spans: spanAgreement(ofSpans.map((of) => of.map(({ label }) => label))),
    observed: observedOf(shared),
    coefficients: Object.fromEntries(coefficientNames.map((name) => [name, coefficients[name](ratings)])) as {
      [N in CoefficientName]: Coefficient | null;
    },
    reviewers: reviewersOf(all),
    pairs: pairsOf(votes, labels),
  };
}

function groupByItem(votes: readonly Vote[]): Map<string, Vote[]> {
  const items = new Map<string, Vote[]>();
  for (const vote of votes) {
    const known = items.get(vote.item);
    if (known) known.push(vote);
    else items.set(vote.item, [vote]);
  }
  return items;
}

function observedOf(shared: readonly (readonly Vote[])[]): number | null {
  if (shared.length === 0) return null;
  const shares = shared.map((of) => {
    const same = of.flatMap((a, i) => of.slice(i + 1).map((b) => (a.label === b.label ? 1 : 0) as number));
    return same.reduce((total, each) => total + each, 0) / same.length;
  });
  return shares.reduce((total, each) => total + each, 0) / shares.length;
}

function reviewersOf(votes: readonly Vote[]): ReviewerAgreement[] {
  const names = [...new Set(votes.map(({ reviewer }) => reviewer))];
  return names
    .map((reviewer) => {
      const own = votes.filter((vote) => vote.reviewer === reviewer);
      const tests = own.filter(({ gold }) => gold !== null);
      return {
        reviewer,
        votes: own.length,
        gold: wilson(tests.filter(({ label, gold }) => label === gold).length, tests.length),
      };
    })
    .sort((a, b) => b.votes - a.votes || (a.reviewer < b.reviewer ? -1 : 1))
    .slice(0, limits.agreementReviewersMax);
}

function pairsOf(votes: readonly Vote[], labels: readonly string[]): Agreement["pairs"] {
  const reviewers = reviewersOf(votes).map(({ reviewer }) => reviewer);
  const saidBy = new Map(
    reviewers.map((reviewer) => [
      reviewer,
      new Map(
        votes.filter((vote) => vote.reviewer === reviewer).map(({ item, label }) => [item, labels.indexOf(label)]),
      ),
    ]),
  );
  const pairs = reviewers.flatMap((first, i) =>
    reviewers.slice(i + 1).map((second) => {
      const table = labels.map(() => labels.map(() => 0));
      let items = 0;
      for (const [item, a] of saidBy.get(first) ?? []) {
        const b = saidBy.get(second)?.get(item);
        const row = table[a];
        if (b === undefined || !row) continue;
        row[b] = (row[b] ?? 0) + 1;
        items++;
      }
      return { reviewers: [first, second] as const, items, kappa: cohenKappa(table) };
    }),
  );
  return pairs.filter(({ items }) => items > 0).sort((a, b) => b.items - a.items);
}
