import { Refusal } from "../kernel/errors.ts";
import { limits } from "../kernel/limits.ts";
import { type Currency, type Nanos, formatAmount } from "../kernel/money.ts";
import { type Invocation, wholeNumber } from "./command.ts";

/** How amounts, times and shares are written for people. */
export function amount(nanos: Nanos, currency: Currency): string {
  return `${formatAmount(nanos)} ${currency.toUpperCase()}`;
}

export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1_000)} s`;
}

/** `2026-01-31 12:00` in UTC. */
export function when(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 16).replace("T", " ");
}

export function percent(share: number, digits = 1): string {
  return `${(share * 100).toFixed(digits)} %`;
}

export function pageLimit(invocation: Invocation): number {
  return wholeNumber(invocation, "limit", { min: 1, max: limits.listMax }) ?? limits.listDefault;
}

/** `2026-02-01` or `2026-02-01T12:00:00Z` as Unix ms. */
export function instant(text: string | undefined, param: string): number | undefined {
  if (text === undefined) return undefined;
  const atMs = /^\d{4}-\d{2}-\d{2}(T[\d:.]+Z)?$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(atMs))
    throw new Refusal("invalid_request", `--${param} is a day like 2026-02-01, not "${text}".`, { param });
  return atMs;
}
