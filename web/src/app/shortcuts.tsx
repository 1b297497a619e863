import { Modal } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useNavigate } from "@tanstack/react-router";
import { Suspense, lazy, useEffect, useEffectEvent, useRef } from "react";
import { useMay } from "../api/auth.ts";
import { useText } from "../i18n/text.ts";
import { sections } from "./navigation.ts";
import styles from "./shortcuts.module.css";

const Palette = lazy(async () => ({ default: (await import("./palette.tsx")).Palette }));

interface Switch {
  readonly open: () => void;
  readonly close: () => void;
}

/** ⌘K, `?`, and `g` followed by a place's letter. While one writes into a field only ⌘K works. */
export function Shortcuts({ palette, onPalette }: { readonly palette: boolean; readonly onPalette: Switch }) {
  const { t } = useText();
  const [help, helpIs] = useDisclosure(false);
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
    else if (event.key === "?") helpIs.open();
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
  const rows: readonly [keys: string, what: string][] = [
    [commandKeys, t("shortcut.palette")],
    ["?", t("shortcut.help")],
    ["j  k  ↵", t("shortcut.rows")],
    ["Esc", t("shortcut.close")],
    ...places.map(({ key, name }): [string, string] => [`g  ${key}`, t(name)]),
  ];
  return (
    <>
      {palette && (
        <Suspense>
          <Palette onClose={onPalette.close} />
        </Suspense>
      )}
      <Modal
        opened={help}
        onClose={helpIs.close}
        title={t("shell.shortcuts")}
        closeButtonProps={{ "aria-label": t("action.close") }}
      >
        <dl className={styles["list"]}>
          {rows.map(([keys, what]) => (
            <div key={keys}>
              <dt>
                {keys.split("  ").map((key) => (
                  <kbd key={key}>{key}</kbd>
                ))}
              </dt>
              <dd>{what}</dd>
            </div>
          ))}
        </dl>
      </Modal>
    </>
  );
}

const commandKeys = /Mac|iPhone|iPad/.test(navigator.userAgent) ? "⌘  K" : "Ctrl  K";

function isWriting(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}
