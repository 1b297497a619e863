import { Refusal } from "../kernel/errors.ts";
import type { World } from "./app.ts";
import type { Terminal } from "./terminal.ts";

/** One flag of a command: `--name VALUE`, or a switch. */
export interface OptionSpec {
  readonly type: "text" | "switch" | "list";
  readonly help: string;
  /** How the value is written in the help: `--label COLUMN`. */
  readonly value?: string;
  readonly required?: boolean;
}

/** What a command answers: data for programs, text for people, and what a person would do next. */
export interface Answer {
  readonly data: unknown;
  readonly text: string;
  readonly next?: readonly string[];
  /** Of what was done, but not as hoped: 4 says "not better", 1 that a part was left. */
  readonly exitCode?: number;
}

export interface Invocation {
  readonly world: World;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  /** Positional arguments, as many as the command declares. */
  readonly args: readonly string[];
  text(name: string): string | undefined;
  list(name: string): readonly string[];
  has(name: string): boolean;
}

/** A command as data: what `--help` prints, what the parser accepts, and one function. */
export interface Command {
  /** `dataset import`, or one word: `doctor`. */
  readonly name: string;
  readonly summary: string;
  /** `FILE…` takes one or more; `[NAME]` may be left out. */
  readonly args: readonly string[];
  readonly options: Readonly<Record<string, OptionSpec>>;
  readonly example?: string;
  run(invocation: Invocation): Promise<Answer>;
}

/** A required positional argument. */
export function argument(invocation: Invocation, index: number, what: string): string {
  const value = invocation.args[index];
  if (value === undefined) {
    throw new Refusal("invalid_request", `The ${what} is missing.`, { hint: "Add --help to see how it is written." });
  }
  return value;
}

/** A required flag. */
export function required(invocation: Invocation, name: string): string {
  const value = invocation.text(name);
  if (value === undefined) {
    throw new Refusal("invalid_request", `--${name} is missing.`, {
      param: name,
      hint: "Add --help to see every flag.",
    });
  }
  return value;
}

/** A whole number given as a flag, within bounds. */
export function wholeNumber(
  invocation: Invocation,
  name: string,
  bounds: { min: number; max: number },
): number | undefined {
  const text = invocation.text(name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isInteger(value) || value < bounds.min || value > bounds.max) {
    throw new Refusal(
      "invalid_request",
      `--${name} is a whole number from ${bounds.min} to ${bounds.max}, not "${text}".`,
      {
        param: name,
      },
    );
  }
  return value;
}

/** `20%`, `20` or `12.5%` to basis points: 2000, 2000, 1250. */
export function basisPoints(text: string, param: string): number {
  const match = /^(\d{1,3})(?:\.(\d{1,2}))?%?$/.exec(text.trim());
  const points = match ? Number(match[1]) * 100 + Number((match[2] ?? "").padEnd(2, "0")) : Number.NaN;
  if (!(points <= 10_000)) throw new Refusal("invalid_request", `"${text}" is not a share like 20%.`, { param });
  return points;
}
