import { Link } from "@tanstack/react-router";
import type { Path } from "../app/path.ts";
import type { ReactNode } from "react";
import styles from "./figure.module.css";

interface FigureProps {
  readonly label: string;
  readonly value: ReactNode;
  /** A smaller line below: what changed, what it is of. */
  readonly note?: ReactNode;
  /** Where the figure comes from; then it is a link. */
  readonly to?: Path;
}

/** One number with its name, which leads to its page. Several stand in a `Figures`. */
export function Figure({ label, value, note, to }: FigureProps) {
  const inside = (
    <>
      <span className={styles["label"]}>{label}</span>
      <strong className={styles["value"]}>{value}</strong>
      {note && <span className={styles["note"]}>{note}</span>}
    </>
  );
  if (!to) return <div className={styles["figure"]}>{inside}</div>;
  return (
    <Link to={to} className={styles["figure"]}>
      {inside}
    </Link>
  );
}

export function Figures({ children }: { readonly children: ReactNode }) {
  return <div className={styles["figures"]}>{children}</div>;
}
