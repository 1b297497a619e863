import { canonicalJson } from "../../kernel/hash.ts";
import { limits } from "../../kernel/limits.ts";
import type { RejectionReason } from "../readers/read.ts";
import { cleanText } from "../text/clean.ts";

/** Two texts to compare, and what both answer, where there is such a thing. */
export interface Pair {
  readonly a: string;
  readonly b: string;
  readonly prompt?: string | undefined;
}

export type PreparedPair =
  | { readonly ok: true; readonly input: string }
  | { readonly ok: false; readonly reason: RejectionReason; readonly column?: string };

/** The one JSON in which a pair is stored; its texts are cleaned like any other. */
export function preparePair(raw: string): PreparedPair {
  const pair = parsePair(raw);
  if (!pair) return { ok: false, reason: "not_a_pair" };
  const cleaned = mapPair(pair, cleanText);
  for (const column of ["a", "b"] as const) {
    if (cleaned[column] === "") return { ok: false, reason: "missing_input", column };
  }
  const input = inputOfPair(cleaned);
  return input.length > limits.exampleCharsMax ? { ok: false, reason: "input_too_long" } : { ok: true, input };
}

export function parsePair(input: string): Pair | undefined {
  try {
    const value = JSON.parse(input) as Readonly<Record<string, unknown>> | null;
    const { a, b, prompt } = value ?? {};
    if (typeof a !== "string" || typeof b !== "string") return undefined;
    return typeof prompt === "string" ? { a, b, prompt } : { a, b };
  } catch {
    return undefined;
  }
}

export const inputOfPair = ({ a, b, prompt }: Pair): string => canonicalJson(prompt ? { a, b, prompt } : { a, b });

/** The same pair with each of its texts changed. */
export const mapPair = ({ a, b, prompt }: Pair, change: (text: string) => string): Pair => ({
  a: change(a),
  b: change(b),
  ...(prompt !== undefined && { prompt: change(prompt) }),
});

/** All that a pair says. */
export function textOfPair(input: string): string {
  const { a, b, prompt } = parsePair(input) ?? { a: "", b: "" };
  return [prompt, a, b].filter((text) => text !== undefined).join("\n");
}

/** Which of two answers is better, where no other labels are given. */
export const preferences = ["a", "b", "tie", "neither"] as const;
