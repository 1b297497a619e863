import type { ReactNode } from "react";
import styles from "./panel.module.css";

interface PanelProps {
  readonly title?: string;
  /** Buttons or a link beside the title. */
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** A part of a page with a frame and a heading of the second level. */
export function Panel({ title, actions, children }: PanelProps) {
  return (
    <section className={styles["panel"]}>
      {title && (
        <header className={styles["head"]}>
          <h2>{title}</h2>
          {actions}
        </header>
      )}
      {children}
    </section>
  );
}

/** Panels or figures beside each other where there is room, below each other where not. */
export function Columns({ children, min = 320 }: { readonly children: ReactNode; readonly min?: 240 | 320 | 440 }) {
  return (
    <div className={styles["columns"]} data-min={min}>
      {children}
    </div>
  );
}

export function Stack({ children }: { readonly children: ReactNode }) {
  return <div className={styles["stack"]}>{children}</div>;
}
