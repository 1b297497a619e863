import { useCallback, useEffect, useRef, useState } from "react";

/** Which rows of a long list are in the page: those in sight and some beside them. All are of one height. */
export interface RowWindow {
  readonly first: number;
  /** Below `first` when there are none. */
  readonly last: number;
  /** Brings a row into sight. */
  scrollTo(index: number): void;
}

const beside = 12;

/** `headPx` of the scroller are covered by what stays at its top. Costs the same for ten rows and for a million. */
export function useRowWindow(
  scroller: HTMLElement | null,
  { count, rowPx, headPx }: { readonly count: number; readonly rowPx: number; readonly headPx: number },
): RowWindow {
  const [seen, setSeen] = useState({ first: 0, last: 40 });
  const stood = useRef(rowPx);
  useEffect(() => {
    if (!scroller) return undefined;
    // when rows come to stand closer, the same ones stay in sight
    if (stood.current !== rowPx) scroller.scrollTo({ top: (scroller.scrollTop * rowPx) / stood.current });
    stood.current = rowPx;
    const look = (): void => {
      const first = Math.max(0, Math.floor(scroller.scrollTop / rowPx) - beside);
      const last = Math.ceil((scroller.scrollTop + scroller.clientHeight) / rowPx) + beside;
      setSeen((before) => (before.first === first && before.last === last ? before : { first, last }));
    };
    look();
    scroller.addEventListener("scroll", look, { passive: true });
    const sizes = new ResizeObserver(look);
    sizes.observe(scroller);
    return () => {
      scroller.removeEventListener("scroll", look);
      sizes.disconnect();
    };
  }, [scroller, rowPx]);
  const scrollTo = useCallback(
    (index: number) => {
      if (!scroller) return;
      const top = index * rowPx;
      const bottom = top + rowPx + headPx - scroller.clientHeight;
      const target = Math.max(Math.min(scroller.scrollTop, top), bottom);
      scroller.scrollTo({ top: target });
      // Chromium may not have laid out yet what the list has grown by: it has with the next frame
      requestAnimationFrame(() => scroller.scrollTo({ top: target }));
    },
    [scroller, rowPx, headPx],
  );
  return { first: seen.first, last: Math.min(seen.last, count - 1), scrollTo };
}
