import { useNavigate } from "@tanstack/react-router";
import { Suspense, lazy, useEffect, useEffectEvent, useRef, useState } from "react";
import { useMay } from "../api/auth.ts";
import { sections } from "./navigation.ts";
import { withStyles } from "./with-styles.ts";

const paletteChunk = withStyles(() => import("./palette.tsx"));
const helpChunk = withStyles(() => import("./shortcut-help.tsx"));
const Palette = lazy(async () => ({ default: (await paletteChunk()).Palette }));
const ShortcutHelp = lazy(async () => ({ default: (await helpChunk()).ShortcutHelp }));

interface Switch {
  readonly open: () => void;
  readonly close: () => void;
}

/** ⌘K, `?`, and `g` followed by a place's letter. While one writes into a field only ⌘K works. */
export function Shortcuts({ palette, onPalette }: { readonly palette: boolean; readonly onPalette: Switch }) {
  const [help, setHelp] = useState(false);
  const navigate = useNavigate();
  const may = useMay();
  const places = sections.filter(({ area }) => area === null || may(area));
  const afterG = useRef(false);
  const heard = useEffectEvent((event: KeyboardEvent): void => {
    if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      onPalette.open();
      return;
    }
    if (event.metaKey || event.ctrlKey || event.altKey || isWriting(event.target)) return;
    const place = afterG.current ? places.find(({ key }) => key === event.key) : undefined;
    afterG.current = event.key === "g";
    if (place) void navigate({ to: place.to });
    else if (event.key === "?") setHelp(true);
    else if (event.key === "/") {
      event.preventDefault();
      onPalette.open();
    }
  });
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => heard(event);
    globalThis.addEventListener("keydown", listen);
    return () => globalThis.removeEventListener("keydown", listen);
  }, []);
  return (
    <Suspense>
      {palette && <Palette onClose={onPalette.close} />}
      {help && <ShortcutHelp places={places} onClose={() => setHelp(false)} />}
    </Suspense>
  );
}

function isWriting(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}
