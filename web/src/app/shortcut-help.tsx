import { Modal } from "@mantine/core";
import { useText } from "../i18n/text.ts";
import type { Section } from "./navigation.ts";
import styles from "./shortcuts.module.css";

interface ShortcutHelpProps {
  readonly places: readonly Section[];
  readonly onClose: () => void;
}

/** What every key does, by `?`. */
export function ShortcutHelp({ places, onClose }: ShortcutHelpProps) {
  const { t } = useText();
  const rows: readonly (readonly [keys: string, what: string])[] = [
    [commandKeys, t("shortcut.palette")],
    ["?", t("shortcut.help")],
    ["j  k  ↵", t("shortcut.rows")],
    ["Esc", t("shortcut.close")],
    ...places.map(({ key, name }) => [`g  ${key}`, t(name)] as const),
  ];
  return (
    <Modal opened onClose={onClose} title={t("shell.shortcuts")} closeButtonProps={{ "aria-label": t("action.close") }}>
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
  );
}

const commandKeys = /Mac|iPhone|iPad/.test(navigator.userAgent) ? "⌘  K" : "Ctrl  K";
