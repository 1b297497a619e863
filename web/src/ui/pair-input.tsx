import { useText } from "../i18n/text.ts";
import styles from "./example-input.module.css";

interface Pair {
  readonly a: string;
  readonly b: string;
  readonly prompt?: string;
}

/** Two texts beside each other, or one above the other where there is no room, under what both answer. */
export function PairInput({ input }: { readonly input: string }) {
  const { t } = useText();
  const { prompt, a, b } = JSON.parse(input) as Pair;
  return (
    <div className={styles["both"]}>
      {prompt !== undefined && (
        <p className={styles["text"]} data-prompt="true" dir="auto">
          {prompt}
        </p>
      )}
      <div className={styles["pair"]}>
        {(
          [
            ["A", a],
            ["B", b],
          ] as const
        ).map(([name, text]) => (
          <section key={name} aria-label={t("example.side", { name })}>
            <strong aria-hidden="true">{name}</strong>
            <p className={styles["text"]} dir="auto">
              {text}
            </p>
          </section>
        ))}
      </div>
    </div>
  );
}
