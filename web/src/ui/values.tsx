import { useSyncExternalStore } from "react";
import { useText } from "../i18n/text.ts";
import type { Amount } from "../i18n/format.ts";
import styles from "./values.module.css";

/** An amount, exact to its last nano. */
export function Money({ of, short = false }: { readonly of: Amount; readonly short?: boolean }) {
  const { format } = useText();
  return <span className={styles["money"]}>{short ? format.moneyShort(of) : format.money(of)}</span>;
}

/** A number, with its unit as a word when it has one. */
export function Quantity({ value, unit }: { readonly value: number; readonly unit?: string }) {
  const { format, word } = useText();
  return (
    <span className={styles["money"]}>
      {format.number(value)}
      {unit ? ` ${word("unit", unit)}` : ""}
    </span>
  );
}

/** An instant: how long ago, and exactly when one points at it. `exact` shows the date itself. */
export function When({ ms, exact = false }: { readonly ms: number; readonly exact?: boolean }) {
  const { format } = useText();
  const now = useNow();
  const then = ms > now && ms - now < stepMs ? now : ms; // between two steps of the clock it is now, not later
  return (
    <time dateTime={new Date(ms).toISOString()} title={format.dateTime(ms)} className={styles["when"]}>
      {exact || Math.abs(now - ms) > 30 * 86_400_000 ? format.date(ms) : format.ago(then, now)}
    </time>
  );
}

/** Unix time in milliseconds, by the half minute. */
export function useNow(): number {
  return useSyncExternalStore(everyHalfMinute, halfMinute);
}

const stepMs = 30_000;
const halfMinute = (): number => Math.floor(Date.now() / stepMs) * stepMs;

function everyHalfMinute(changed: () => void): () => void {
  const ticking = setInterval(changed, stepMs);
  return () => clearInterval(ticking);
}

const tones: Readonly<Record<string, "good" | "warn" | "bad" | "busy">> = {
  done: "good",
  paid: "good",
  active: "good",
  well: "good",
  settled: "good",
  champion: "good",
  delivered: "good",
  promote: "good",
  running: "busy",
  training: "busy",
  collecting: "busy",
  queued: "busy",
  open: "busy",
  challenger: "busy",
  shadow: "busy",
  claimed: "busy",
  waiting: "busy",
  not_proven: "warn",
  keep: "warn",
  overdue: "bad",
  failed: "bad",
  ill: "bad",
  uncollectible: "bad",
};

/** A state as a word with a colour; the word alone says it too. */
export function StateBadge({ state }: { readonly state: string }) {
  const { word } = useText();
  return (
    <span className={styles["badge"]} data-tone={tones[state] ?? "plain"}>
      {word("state", state)}
    </span>
  );
}
