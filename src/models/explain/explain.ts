import { Refusal, must } from "../../kernel/errors.ts";
import type { Answer, ClassAnswer, InvalidInput, ValueAnswer } from "../answer.ts";
import type { Task } from "../model.ts";
import type { Attribution, Explanation, Variant } from "./explanation.ts";
import { patchesOf } from "./patches.ts";
import { withoutColumns } from "./columns.ts";
import { type Words, spansOf, withoutWords, wordsOf } from "./words.ts";

/** Answers to inputs, in order: a predictor's `predict`, or a serving's. */
export type Ask = (inputs: readonly string[]) => Promise<readonly (Answer | InvalidInput)[]>;

export interface ExplainOptions {
  readonly task: Task;
  readonly labels: readonly string[];
  /** The label to explain; the answered one when left out. */
  readonly label?: string;
}

/**
 * Why a model answers as it does, by occlusion (Zeiler and Fergus 2014, arXiv:1311.2901): parts of the input are taken away
 * one after the other, and what changes is theirs. Words are taken away wherever they stand, columns become missing values,
 * patches the mean colour. At most about 160 inputs are asked. What two parts say alike is not seen, because each stands in
 * for the other.
 */
export async function explain(ask: Ask, input: string, { task, labels, label }: ExplainOptions): Promise<Explanation> {
  const [whole] = await ask([input]);
  const answer = must(whole, "one answer for one input");
  if ("invalid" in answer) throw new Refusal("invalid_request", answer.invalid, { param: "input" });
  if ("neighbours" in answer) throw new Refusal("invalid_request", "Word vectors are not explained.");
  if (!("value" in answer) && !("probabilities" in answer)) {
    throw new Refusal("invalid_request", `A model for ${task} is not explained.`);
  }
  const score = scoreOf(answer, labels, label);
  const before = must(score(answer), "the whole input is answered");
  let asked = 1;
  const weigh = async (variants: readonly Variant[]): Promise<Attribution[]> => {
    asked += variants.length;
    const answers = await ask(variants.map(({ without }) => without));
    return variants.flatMap(({ part }, i) => {
      const after = score(must(answers[i], "an answer for each input"));
      return after === undefined ? [] : [{ part, weight: before - after }]; // a column that must not be missing has none
    });
  };
  const parts = await attributions(input, task, weigh);
  return {
    answer,
    label: "label" in answer ? (label ?? answer.label) : null,
    parts: parts.toSorted((a, b) => Math.abs(b.weight) - Math.abs(a.weight)),
    asked,
  };
}

type Weigh = (variants: readonly Variant[]) => Promise<Attribution[]>;

function attributions(input: string, task: Task, weigh: Weigh): Promise<Attribution[]> {
  if (task.startsWith("text-")) return ofWords(input, weigh);
  if (task.startsWith("table-")) return weigh(withoutColumns(input));
  if (task.startsWith("image-")) return ofPatches(input, weigh);
  throw new Refusal("invalid_request", `A model for ${task} is not explained: it answers with text.`);
}

const wordsMax = 120;
const spans = 32;
const spansKept = 4;

/** Of a long text first spans, then the words of the most telling spans. */
async function ofWords(input: string, weigh: Weigh): Promise<Attribution[]> {
  const words = wordsOf(input);
  if (words.length <= wordsMax) return weigh(withoutWords(input, words));
  const spanned = spansOf(input, words, spans);
  const weighed = await weigh(spanned.map(({ variant }) => variant));
  const best = weighed
    .map(({ weight }, i) => ({ weight: Math.abs(weight), words: spanned[i]?.words ?? [] }))
    .toSorted((a, b) => b.weight - a.weight)
    .slice(0, spansKept);
  const chosen = new Set(best.flatMap((span): Words => span.words));
  return weigh(withoutWords(input, [...chosen].slice(0, wordsMax)));
}

const patchesKept = 4;

/** A coarse grid, then the most telling patches in quarters. */
async function ofPatches(input: string, weigh: Weigh): Promise<Attribution[]> {
  const picture = patchesOf(input);
  const coarse = await weigh(picture.grid());
  const ranked = coarse.toSorted((a, b) => Math.abs(b.weight) - Math.abs(a.weight));
  const [kept, rest] = [ranked.slice(0, patchesKept), ranked.slice(patchesKept)];
  const quarters = kept.flatMap(({ part }) => (part.kind === "patch" ? picture.quarters(part) : []));
  return [...(quarters.length === 0 ? kept : await weigh(quarters)), ...rest];
}

/** Log-odds stop here: what is surer than e^-20 against it is sure. */
const surest = 20;

/** What is explained of an answer: ln p - ln (1 - p) of the label, or the value. */
function scoreOf(
  answer: ClassAnswer | ValueAnswer,
  labels: readonly string[],
  label: string | undefined,
): (answer: Answer | InvalidInput) => number | undefined {
  if ("value" in answer) return (one) => ("value" in one ? one.value : undefined);
  const k = labels.indexOf(label ?? answer.label);
  if (k < 0) {
    throw new Refusal("invalid_request", `The model does not know the label "${label ?? ""}".`, { param: "label" });
  }
  return (one) => {
    if (!("probabilities" in one)) return undefined;
    const own = one.probabilities[k] ?? 0;
    const others = one.probabilities.reduce((sum, p, i) => (i === k ? sum : sum + p), 0); // exacter than 1 - own
    return Math.min(surest, Math.max(-surest, Math.log(own) - Math.log(others)));
  };
}
