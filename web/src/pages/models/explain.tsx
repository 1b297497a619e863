import { Button, Textarea } from "@mantine/core";
import { useState } from "react";
import type { Answer } from "../../api/client.ts";
import { usePost } from "../../api/queries.ts";
import { useText } from "../../i18n/text.ts";
import { FormError } from "../../ui/form-error.tsx";
import { Panel } from "../../ui/panel.tsx";
import { ImageInput } from "./image-input.tsx";
import styles from "./models.module.css";

type Explanation = Answer<"POST /admin/v1/models/{id}/explain">;
type Part = Explanation["parts"][number];

/** Which words, columns or patches speak for an answer, and which against. Nothing is recorded or billed. */
export function Explain({ model, task }: { readonly model: string; readonly task: string }) {
  const { t } = useText();
  const [input, setInput] = useState("");
  const explain = usePost("POST /admin/v1/models/{id}/explain");
  return (
    <Panel title={t("model.explain")}>
      <form
        className={styles["explain"]}
        onSubmit={(event) => {
          event.preventDefault();
          explain.mutate({ params: { id: model }, body: { input } });
        }}
      >
        {task === "image-classification" ? (
          <ImageInput onChange={setInput} />
        ) : (
          <Textarea
            label={t("model.explain_input")}
            description={task.startsWith("table") ? t("playground.row_hint") : undefined}
            autosize={false}
            rows={3}
            value={input}
            onChange={(event) => setInput(event.currentTarget.value)}
          />
        )}
        <FormError error={explain.error} />
        <Button type="submit" variant="light" loading={explain.isPending} disabled={input === ""}>
          {t("model.explain_do")}
        </Button>
      </form>
      {explain.data && <Parts explanation={explain.data} />}
    </Panel>
  );
}

function Parts({ explanation }: { readonly explanation: Explanation }) {
  const { t, format } = useText();
  const { output, parts, asked } = explanation;
  const most = Math.max(1e-9, ...parts.map(({ weight }) => Math.abs(weight)));
  return (
    <div aria-live="polite">
      <p className={styles["answer"]}>
        {"label" in output && (
          <>
            <strong>{output.label}</strong> {format.percent(output.probability)}
          </>
        )}
        {"value" in output && <strong>{format.number(output.value, 4)}</strong>}{" "}
        <small>{t("model.explain_asked", { n: asked })}</small>
      </p>
      <ul className={styles["parts"]}>
        {parts.map((part, i) => (
          <li key={i}>
            <span>{nameOf(part)}</span>
            <svg viewBox="-50 0 100 10" preserveAspectRatio="none" aria-hidden="true">
              <rect
                x={Math.min(0, (part.weight / most) * 50)}
                y={1}
                width={Math.abs(part.weight / most) * 50}
                height={8}
                className={styles[part.weight < 0 ? "against" : "for"]}
              />
              <rect x={-0.3} y={0} width={0.6} height={10} className={styles["middle"]} />
            </svg>
            <span className={styles["weight"]}>{`${part.weight > 0 ? "+" : ""}${format.number(part.weight, 2)}`}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function nameOf({ part }: Part): string {
  if ("word" in part) return part.word;
  if ("column" in part) return `${part.column} = ${part.value}`;
  return `${part.x}, ${part.y}`;
}
