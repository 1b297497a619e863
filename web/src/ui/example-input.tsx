import { Fragment } from "react";
import { useText } from "../i18n/text.ts";
import styles from "./example-input.module.css";

/** A stretch of the text that stands out, in UTF-16 units; they are in order and apart. */
export interface Mark {
  readonly kind: string;
  readonly start: number;
  readonly end: number;
}

interface ExampleInputProps {
  readonly input: string;
  readonly large?: boolean;
  /** Personal data within the text. */
  readonly marks?: readonly Mark[];
}

/** What a model is asked about: an image as such, anything else as text with its own line breaks and direction. */
export function ExampleInput({ input, large = false, marks }: ExampleInputProps) {
  const { t } = useText();
  if (/^data:image\/(png|jpeg);base64,/.test(input)) {
    return <img src={input} alt={t("example.image")} className={styles["image"]} />;
  }
  return (
    <p className={styles["text"]} data-large={large} dir="auto">
      {marks ? <Marked text={input} marks={marks} /> : input}
    </p>
  );
}

function Marked({ text, marks }: { readonly text: string; readonly marks: readonly Mark[] }) {
  const { word } = useText();
  return (
    <>
      {marks.map(({ kind, start, end }, at) => (
        <Fragment key={start}>
          {text.slice(marks[at - 1]?.end ?? 0, start)}
          <mark className={styles["mark"]} title={word("personal", kind)}>
            {text.slice(start, end)}
            <small>{word("personal", kind)}</small>
          </mark>
        </Fragment>
      ))}
      {text.slice(marks.at(-1)?.end ?? 0)}
    </>
  );
}
