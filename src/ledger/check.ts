import { limits } from "../kernel/limits.ts";

/** One thing that must hold, and how often it did not. A check that looked at nothing proves nothing: show `looked`. */
export interface Check {
  readonly name: string;
  readonly looked: number;
  readonly problemCount: number;
  /** The first of them, one line each. */
  readonly problems: readonly string[];
}

export function check(name: string, looked: number, problems: readonly string[]): Check {
  return { name, looked, problemCount: problems.length, problems: problems.slice(0, limits.doctorProblemsListedMax) };
}
