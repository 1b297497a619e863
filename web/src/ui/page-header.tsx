import { type ReactNode, useEffect } from "react";
import { useText } from "../i18n/text.ts";
import styles from "./page-header.module.css";

interface PageHeaderProps {
  readonly title: string;
  readonly text?: ReactNode;
  /** Buttons at the right; below the title on narrow screens. */
  readonly children?: ReactNode;
}

/** The one `h1` of a page, and the window's title. */
export function PageHeader({ title, text, children }: PageHeaderProps) {
  useTitle(title);
  return (
    <header className={styles["header"]}>
      <div>
        <h1>{title}</h1>
        {text && <p>{text}</p>}
      </div>
      {children && <div className={styles["actions"]}>{children}</div>}
    </header>
  );
}

export function useTitle(title: string): void {
  const { t } = useText();
  const product = t("shell.product");
  useEffect(() => {
    document.title = title === product ? product : `${title} · ${product}`;
  }, [title, product]);
}
