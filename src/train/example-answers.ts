import { textsOfExamples } from "../data/index.ts";
import { Refusal } from "../kernel/errors.ts";
import type { Store } from "../store/index.ts";
import { type Evaluation, loadScored } from "./evaluation.ts";
import { type ScoredExamples, answersOf } from "./scored.ts";

/** What a model said of an example, and whether that was right. */
export interface ExampleAnswer {
  readonly label: string;
  readonly probability: number;
  readonly right: boolean;
}

/** One example of an evaluated split with its true label and what one or two models said of it. */
export interface AnsweredExample {
  readonly id: string;
  /** Null of an example that was erased since. */
  readonly input: string | null;
  readonly truth: string;
  readonly answer: ExampleAnswer;
  readonly other: ExampleAnswer | null;
}

/** How the two models fared on an example. */
export const outcomes = ["both_right", "fixed", "broken", "both_wrong"] as const;
export type Outcome = (typeof outcomes)[number];

export interface AnswersWanted {
  readonly truth?: string | undefined;
  readonly answer?: string | undefined;
  readonly right?: boolean | undefined;
  /** Another model on the same examples; those that it did not answer are left out. */
  readonly other?: Evaluation | undefined;
  /** Only with `other`: `fixed` is wrong here and right there. */
  readonly outcome?: Outcome | undefined;
  readonly limit: number;
  /** A `nextCursor`. */
  readonly after?: string | undefined;
}

export interface AnswersPage {
  readonly data: readonly AnsweredExample[];
  readonly nextCursor: string | null;
}

/** The examples of an evaluation, the surest answers first. Refuses (`invalid_request`) models that give no labels. */
export async function listAnswers(store: Store, evaluation: Evaluation, wanted: AnswersWanted): Promise<AnswersPage> {
  const mine = await labelled(store, evaluation);
  const theirs = wanted.other && (await labelled(store, wanted.other));
  const found = answered(mine, theirs).filter((example) => isWanted(example, wanted));
  found.sort((a, b) => b.answer.probability - a.answer.probability || (a.id < b.id ? -1 : 1));
  const from = wanted.after === undefined ? 0 : found.findIndex(({ id }) => id === wanted.after) + 1;
  const page = found.slice(from, from + wanted.limit);
  const texts = await textsOfExamples(
    store,
    page.map(({ id }) => id),
  );
  return {
    data: page.map((example) => ({ ...example, input: texts.get(example.id) ?? null })),
    nextCursor: found.length > from + wanted.limit ? (page.at(-1)?.id ?? null) : null,
  };
}

async function labelled(store: Store, evaluation: Evaluation): Promise<ScoredExamples> {
  const scored = await loadScored(store, evaluation);
  if (!("losses" in scored)) return scored;
  throw new Refusal("invalid_request", `${evaluation.model} gives no labels, so its answers cannot be listed.`);
}

type Unread = Omit<AnsweredExample, "input">;

function answered(mine: ScoredExamples, theirs: ScoredExamples | undefined): Unread[] {
  const of = answerOf(mine);
  const ofOther = theirs && answerOf(theirs);
  const places = new Map(theirs?.keys.map((key, i) => [key, i]));
  return mine.keys.flatMap((id, i) => {
    const place = places.get(id);
    if (ofOther && place === undefined) return [];
    const other = ofOther && place !== undefined ? ofOther(place) : null;
    return [{ id, truth: mine.labels[mine.truth[i] ?? 0] ?? "", answer: of(i), other }];
  });
}

function answerOf(scored: ScoredExamples): (i: number) => ExampleAnswer {
  const answers = answersOf(scored);
  const { labels, truth, probabilities } = scored;
  return (i) => {
    const answer = answers[i] ?? 0;
    return {
      label: labels[answer] ?? "",
      probability: probabilities[i * labels.length + answer] ?? 0,
      right: answer === truth[i],
    };
  };
}

function isWanted({ truth, answer, other }: Unread, wanted: AnswersWanted): boolean {
  if (wanted.truth !== undefined && truth !== wanted.truth) return false;
  if (wanted.answer !== undefined && answer.label !== wanted.answer) return false;
  if (wanted.right !== undefined && answer.right !== wanted.right) return false;
  return wanted.outcome === undefined || (other !== null && outcomeOf(answer, other) === wanted.outcome);
}

function outcomeOf(answer: ExampleAnswer, other: ExampleAnswer): Outcome {
  if (answer.right) return other.right ? "both_right" : "broken";
  return other.right ? "fixed" : "both_wrong";
}
