import { useNavigate } from "@tanstack/react-router";
import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { useText } from "../i18n/text.ts";
import { Icon } from "../ui/icon.tsx";
import { type Found, useFound } from "./palette-sources.ts";
import styles from "./palette.module.css";

/** Type a name, arrow to it, enter: pages first, then what the team has. */
export function Palette({ onClose }: { readonly onClose: () => void }) {
  const { t } = useText();
  const [wish, setWish] = useState("");
  const { found, isLooking } = useFound(wish);
  const [chosen, setChosen] = useState(0);
  const navigate = useNavigate();
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const at = Math.min(chosen, Math.max(0, found.length - 1));
  useEffect(() => list.current?.children[at]?.scrollIntoView({ block: "nearest" }), [at]);
  const go = ({ link }: Found): void => {
    onClose();
    void navigate(link);
  };
  const heard = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && found.length > 0) {
      event.preventDefault();
      setChosen((at + step + found.length) % found.length);
    }
    const goal = found[at];
    if (event.key === "Enter" && goal) go(goal);
  };
  return (
    <dialog
      ref={dialog}
      aria-label={t("shell.search")}
      className={styles["palette"]}
      onClose={onClose}
      onClick={(event) => {
        if (event.target === event.currentTarget) onClose();
      }}
    >
      <div className={styles["field"]}>
        <Icon name="search" />
        <input
          role="combobox"
          aria-expanded="true"
          aria-controls={id}
          aria-activedescendant={found.length > 0 ? `${id}-${at}` : undefined}
          aria-label={t("shell.search")}
          placeholder={t("palette.placeholder")}
          autoFocus
          value={wish}
          onKeyDown={heard}
          onChange={(event) => {
            setWish(event.currentTarget.value);
            setChosen(0);
          }}
        />
      </div>
      <div id={id} role="listbox" aria-label={t("shell.search")} ref={list} className={styles["list"]}>
        {found.map((each, i) => (
          <div
            key={each.key}
            id={`${id}-${i}`}
            role="option"
            aria-selected={i === at}
            onMouseMove={() => setChosen(i)}
            onClick={() => go(each)}
          >
            <Icon name={each.icon} size={16} />
            <span>{each.name}</span>
            <small>{each.kind}</small>
          </div>
        ))}
      </div>
      <p className={styles["nothing"]} role="status">
        {isLooking ? t("state_of_page.loading") : found.length === 0 && t("palette.nothing")}
      </p>
    </dialog>
  );
}
