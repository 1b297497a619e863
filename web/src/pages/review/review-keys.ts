import { useEffect, useEffectEvent } from "react";

interface Keys {
  /** Arrows up and down. */
  readonly choose: (step: 1 | -1) => void;
  /** A number's label, or, by Enter, the chosen one. */
  readonly decide: (i: number | undefined) => void;
  readonly undo: () => void;
  readonly skip: () => void;
}

/** Numbers and arrows anywhere on the page; not while one writes, nor in a dialog. */
export function useReviewKeys(enabled: boolean, keys: Keys): void {
  const heard = useEffectEvent((event: KeyboardEvent): void => {
    if (event.metaKey || event.ctrlKey || event.altKey || isElsewhere(event)) return;
    if (/^[1-9]$/.test(event.key)) keys.decide(Number(event.key) - 1);
    else if (event.key === "Enter") keys.decide(undefined);
    else if (event.key === "ArrowDown") keys.choose(1);
    else if (event.key === "ArrowUp") keys.choose(-1);
    else if (event.key === "ArrowLeft" || event.key === "Backspace") keys.undo();
    else if (event.key === "ArrowRight") keys.skip();
    else return;
    event.preventDefault();
  });
  useEffect(() => {
    if (!enabled) return undefined;
    const listen = (event: KeyboardEvent): void => heard(event);
    globalThis.addEventListener("keydown", listen);
    return () => globalThis.removeEventListener("keydown", listen);
  }, [enabled]);
}

function isElsewhere({ target, key }: KeyboardEvent): boolean {
  if (document.querySelector('[role="dialog"]')) return true;
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) return true;
  return key === "Enter" && /^(BUTTON|A)$/.test(target.tagName); // Enter is that button's own
}
