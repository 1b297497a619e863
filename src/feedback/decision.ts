import { type Kind, labelOfSpans, parseSpans, preferences, rejectionReasons } from "../data/index.ts";
import { Refusal } from "../kernel/errors.ts";
import { assertLabel } from "./signal.ts";

/** What a reviewer decides about an item of one kind. */
interface DecisionRule {
  /** What reviewers choose from where nobody named labels. */
  readonly usualLabels: readonly string[];
  /** The decision in the one form in which votes are compared. Refusal `invalid_request` for what is none. */
  settle(label: string, about: { readonly input: string; readonly labels: readonly string[] }): string;
}

const oneOfLabels: DecisionRule = {
  usualLabels: [],
  settle(label, { labels }) {
    assertLabel(label, labels, "this item");
    return label;
  },
};

/** All spans of a text at once, as JSON; none is a decision too. */
const spans: DecisionRule = {
  usualLabels: [],
  settle(label, { input, labels }) {
    const parsed = parseSpans(input, label);
    if (parsed.ok) {
      for (const span of parsed.spans) assertLabel(span.label, labels, "this item");
      return labelOfSpans(parsed.spans);
    }
    throw new Refusal("invalid_request", `This decision ${rejectionReasons[parsed.reason]}.`, {
      param: "label",
      hint: 'Send a JSON list like [{"start": 0, "end": 4, "label": "name"}]; offsets count code points, spans do not overlap.',
    });
  },
};

const decisions: { readonly [K in Kind]: DecisionRule } = {
  text: oneOfLabels,
  table: oneOfLabels,
  image: oneOfLabels,
  "text-pairs": { ...oneOfLabels, usualLabels: preferences },
  "text-spans": spans,
};

export const decisionOf = (kind: Kind): DecisionRule => decisions[kind];
