import { Refusal } from "../kernel/errors.ts";
import { limits } from "../kernel/limits.ts";

/** What a user said or did about a prediction. */
export type Signal =
  | { readonly kind: "boolean"; readonly value: boolean }
  /** 1 (worst) to 5. */
  | { readonly kind: "rating"; readonly value: number }
  /** What the answer should have been. */
  | { readonly kind: "correction"; readonly label: string }
  | { readonly kind: "comment"; readonly text: string }
  /** What really happened, learned later. */
  | { readonly kind: "outcome"; readonly label: string };

export type SignalKind = Signal["kind"];

/** What a signal says about the answer. */
export type Stance = "disputed" | "confirmed" | "neutral";

type SignalRule<K extends SignalKind> = {
  /** Refuses what is not a signal of this kind about a model with these labels. */
  readonly check: (signal: Extract<Signal, { kind: K }>, labels: readonly string[]) => void;
  readonly stance: (signal: Extract<Signal, { kind: K }>, answer: string) => Stance;
  /** The label it proposes, if any. */
  readonly proposal: (signal: Extract<Signal, { kind: K }>) => string | undefined;
};

const byLabel = (label: string, answer: string): Stance => (label === answer ? "confirmed" : "disputed");

const rules: { readonly [K in SignalKind]: SignalRule<K> } = {
  boolean: {
    check: () => {},
    stance: ({ value }) => (value ? "confirmed" : "disputed"),
    proposal: () => undefined,
  },
  rating: {
    check({ value }) {
      if (Number.isInteger(value) && value >= 1 && value <= 5) return;
      throw new Refusal("invalid_request", `A rating is a whole number from 1 to 5, not ${value}.`, { param: "value" });
    },
    stance: ({ value }) => (value <= 2 ? "disputed" : value >= 4 ? "confirmed" : "neutral"),
    proposal: () => undefined,
  },
  correction: {
    check: ({ label }, labels) => assertLabel(label, labels),
    stance: ({ label }, answer) => byLabel(label, answer),
    proposal: ({ label }) => label,
  },
  comment: {
    check({ text }) {
      if (text.trim() !== "" && text.length <= limits.commentCharsMax) return;
      throw new Refusal("invalid_request", `A comment has 1 to ${limits.commentCharsMax} characters.`, {
        param: "text",
      });
    },
    stance: () => "neutral",
    proposal: () => undefined,
  },
  outcome: {
    check: ({ label }, labels) => assertLabel(label, labels),
    stance: ({ label }, answer) => byLabel(label, answer),
    proposal: ({ label }) => label,
  },
};

function ruleOf<K extends SignalKind>(kind: K): SignalRule<K> {
  return rules[kind];
}

export function checkSignal(signal: Signal, labels: readonly string[]): void {
  ruleOf(signal.kind).check(signal, labels);
}

export function stanceOf(signal: Signal, answer: string): Stance {
  return ruleOf(signal.kind).stance(signal, answer);
}

export interface Proposal {
  readonly label: string;
  /** How many current signals propose it. */
  readonly signals: number;
}

export interface Evidence {
  readonly stance: Stance;
  /** Most proposed first, the answer itself among them if somebody confirmed it by name. */
  readonly proposals: readonly Proposal[];
}

/** What all current signals say together: one dispute outweighs any number of confirmations. */
export function weighSignals(signals: readonly Signal[], answer: string): Evidence {
  const stances = new Set(signals.map((signal) => stanceOf(signal, answer)));
  const counts = new Map<string, number>();
  for (const signal of signals) {
    const label = ruleOf(signal.kind).proposal(signal);
    if (label !== undefined) counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  const proposals = [...counts].map(([label, count]) => ({ label, signals: count }));
  return {
    stance: stances.has("disputed") ? "disputed" : stances.has("confirmed") ? "confirmed" : "neutral",
    proposals: proposals.sort((a, b) => b.signals - a.signals || (a.label < b.label ? -1 : 1)),
  };
}

export function assertLabel(label: string, labels: readonly string[], of = "the model that answered"): void {
  if (labels.includes(label)) return;
  const known = labels.slice(0, 10).join(", ");
  throw new Refusal("invalid_request", `"${label}" is not a label of ${of}.`, {
    param: "label",
    hint: `Its labels: ${known}${labels.length > 10 ? `, and ${labels.length - 10} more` : ""}.`,
  });
}
