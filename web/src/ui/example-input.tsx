import { Fragment } from "react";
import type { Item } from "../api/client.ts";
import { useText } from "../i18n/text.ts";
import { PairInput } from "./pair-input.tsx";
import styles from "./example-input.module.css";

/** A stretch of the text that stands out, in UTF-16 units; they are in order and apart. */
export interface Mark {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

interface ExampleInputProps {
  readonly input: string;
  /** What the input is: only an image's is ever shown as one. */
  readonly kind: Item<"GET /admin/v1/datasets">["kind"];
  readonly large?: boolean;
  readonly marks?: readonly Mark[];
}

/** What a model or a reviewer is asked about: an image, a pair, anything else as text with its own line breaks and direction. */
export function ExampleInput({ input, kind, large = false, marks }: ExampleInputProps) {
  const { t } = useText();
  if (kind === "image" && input.startsWith("data:image/png;base64,")) {
    return <img src={input} alt={t("example.image")} className={styles["image"]} data-large={large} />;
  }
  if (kind === "text-pairs") return <PairInput input={input} />;
  return (
    <p className={styles["text"]} data-large={large} dir="auto">
      {marks ? <Marked text={input} marks={marks} /> : input}
    </p>
  );
}

function Marked({ text, marks }: { readonly text: string; readonly marks: readonly Mark[] }) {
  return (
    <>
      {marks.map(({ name, start, end }, at) => (
        <Fragment key={start}>
          {text.slice(marks[at - 1]?.end ?? 0, start)}
          <mark className={styles["mark"]} title={name}>
            {text.slice(start, end)}
            <small>{name}</small>
          </mark>
        </Fragment>
      ))}
      {text.slice(marks.at(-1)?.end ?? 0)}
    </>
  );
}
