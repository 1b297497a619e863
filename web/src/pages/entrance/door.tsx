import type { FormEvent, ReactNode } from "react";
import { Preferences } from "../../app/user-menu.tsx";
import { Support, useBrand } from "../../app/brand-of-business.tsx";
import { useTitle } from "../../ui/page-header.tsx";
import styles from "./door.module.css";

interface DoorProps {
  readonly title: string;
  readonly text?: ReactNode;
  readonly onSubmit?: () => void;
  readonly children?: ReactNode;
}

/** What one sees before one is in: a card with a form, the wheel above it, language and theme below. */
export function Door({ title, text, onSubmit, children }: DoorProps) {
  useTitle(title);
  const brand = useBrand();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onSubmit?.();
  };
  return (
    <main className={styles["door"]} id="main">
      <form className={styles["card"]} onSubmit={submit}>
        {brand?.name ? <strong>{brand.name}</strong> : <img src="/favicon.svg" alt="Millrace" width={40} height={40} />}
        <h1>{title}</h1>
        {text && <p className={styles["text"]}>{text}</p>}
        {children}
        <Support brand={brand} />
      </form>
      <Preferences />
    </main>
  );
}
