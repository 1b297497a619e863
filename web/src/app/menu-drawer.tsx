import { type ReactNode, useEffect, useRef } from "react";
import { useText } from "../i18n/text.ts";
import styles from "./shell.module.css";

interface MenuDrawerProps {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** The sidebar of narrow screens: the browser's own dialog keeps the focus inside, and Esc closes it. */
export function MenuDrawer({ opened, onClose, children }: MenuDrawerProps) {
  const { t } = useText();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (opened) dialog.current?.showModal();
    else dialog.current?.close();
  }, [opened]);
  return (
    <dialog
      ref={dialog}
      aria-label={t("shell.menu")}
      className={styles["drawer"]}
      onClose={onClose}
      onClick={(event) => {
        if (event.target === event.currentTarget) onClose();
      }}
    >
      {opened && children}
    </dialog>
  );
}
