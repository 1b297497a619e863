import { useText } from "../i18n/text.ts";
import styles from "./example-input.module.css";

/** What a model is asked about: an image as such, anything else as text with its own line breaks and direction. */
export function ExampleInput({ input, large = false }: { readonly input: string; readonly large?: boolean }) {
  const { t } = useText();
  if (/^data:image\/(png|jpeg);base64,/.test(input)) {
    return <img src={input} alt={t("example.image")} className={styles["image"]} />;
  }
  return (
    <p className={styles["text"]} data-large={large} dir="auto">
      {input}
    </p>
  );
}
