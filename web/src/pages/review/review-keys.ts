import { useEffect, useEffectEvent } from "react";

/** What a key does; with Shift its name has `Shift+` before it. Digits from 1 are `"digit"` with their number. */
export interface ReviewKeys {
  readonly digit: (i: number) => void;
  readonly on: Readonly<Record<string, () => void>>;
}

/** Keys anywhere on the page; not while one writes, nor in a dialog. */
export function useReviewKeys({ digit, on }: ReviewKeys): void {
  const heard = useEffectEvent((event: KeyboardEvent): void => {
    if (event.metaKey || event.ctrlKey || event.altKey || isElsewhere(event)) return;
    const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const act = on[event.shiftKey ? `Shift+${name}` : name];
    if (/^[1-9]$/.test(name)) digit(Number(name) - 1);
    else if (act) act();
    else return;
    event.preventDefault();
  });
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => heard(event);
    globalThis.addEventListener("keydown", listen);
    return () => globalThis.removeEventListener("keydown", listen);
  }, []);
}

function isElsewhere({ target, key }: KeyboardEvent): boolean {
  if (document.querySelector('[role="dialog"]')) return true;
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) return true;
  return key === "Enter" && /^(BUTTON|A)$/.test(target.tagName); // Enter is that button's own
}
