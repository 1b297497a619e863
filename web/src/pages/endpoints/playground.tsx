import { Button, NativeSelect, NumberInput, Textarea } from "@mantine/core";
import { useRef, useState } from "react";
import { useMay } from "../../api/auth.ts";
import type { Answer, Input } from "../../api/client.ts";
import { usePost } from "../../api/queries.ts";
import type { Endpoint } from "../../api/schema.gen.ts";
import { callForEvents } from "../../api/stream.ts";
import { useGet } from "../../api/queries.ts";
import { useText } from "../../i18n/text.ts";
import { FormError } from "../../ui/form-error.tsx";
import { Panel } from "../../ui/panel.tsx";
import { ImageInput } from "../models/image-input.tsx";
import { useModelName } from "./model-name.tsx";
import styles from "./endpoints.module.css";

type TrialAnswer = Answer<"POST /admin/v1/endpoints/{name}/try">;
type Given = Input<"POST /admin/v1/endpoints/{name}/try">["body"]["input"];

/** Asks a live release as the team: nothing is recorded, nobody is billed. */
export function Playground({ endpoint }: { readonly endpoint: Endpoint }) {
  const { t, word } = useText();
  const may = useMay();
  const nameOf = useModelName();
  const live = [endpoint.champion, ...endpoint.challengers, ...endpoint.shadows];
  const [chosen, choose] = useState("");
  const release = live.find(({ id }) => id === chosen) ?? endpoint.champion;
  const { data: model } = useGet(
    "GET /admin/v1/models/{id}",
    { params: { id: release.model } },
    { enabled: may("models") },
  );
  const task = model?.task ?? "text-classification";
  return (
    <Panel title={t("playground.title")}>
      <p className={styles["dim"]}>{t("playground.text")}</p>
      <NativeSelect
        label={t("playground.release")}
        data={live.map(({ id, state, model: of }) => ({ value: id, label: `${word("state", state)} · ${nameOf(of)}` }))}
        value={release.id}
        onChange={(event) => choose(event.currentTarget.value)}
      />
      {task === "language-model" && <Writing endpoint={endpoint.name} release={release.id} />}
      {task === "text-embedding" && <p className={styles["playground"]}>{t("playground.vectors")}</p>}
      {task !== "language-model" && task !== "text-embedding" && (
        <Asking endpoint={endpoint.name} release={release.id} task={task} />
      )}
    </Panel>
  );
}

interface Asked {
  readonly endpoint: string;
  readonly release: string;
}

function Asking({ endpoint, release, task }: Asked & { readonly task: string }) {
  const { t } = useText();
  const [text, setText] = useState("");
  const [wrong, setWrong] = useState<Error | null>(null);
  const ask = usePost("POST /admin/v1/endpoints/{name}/try");
  const submit = (): void => {
    setWrong(null);
    const input = inputOf(task, text);
    if (input instanceof Error) return setWrong(new Error(t("playground.no_row")));
    ask.mutate({ params: { name: endpoint }, body: { input, release } });
  };
  return (
    <form
      className={styles["playground"]}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      {task === "image-classification" ? (
        <ImageInput onChange={setText} />
      ) : (
        <Textarea
          label={t("playground.input")}
          description={task.startsWith("table") ? t("playground.row_hint") : undefined}
          autosize={false}
          rows={4}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
      )}
      <FormError error={wrong ?? ask.error} />
      <Button type="submit" loading={ask.isPending} disabled={text === ""}>
        {t("playground.ask")}
      </Button>
      <div aria-live="polite">{ask.data && <Output answer={ask.data} />}</div>
    </form>
  );
}

/** A row is written as JSON; an image is a data URL already. */
function inputOf(task: string, text: string): Given | Error {
  if (task === "image-classification") return { image: text };
  if (!task.startsWith("table")) return text;
  try {
    return JSON.parse(text) as Given;
  } catch (error) {
    return error as Error;
  }
}

function Output({ answer: { output, compute_ms } }: { readonly answer: TrialAnswer }) {
  const { t, format } = useText();
  return (
    <>
      {"probabilities" in output && (
        <ul className={styles["probabilities"]}>
          {Object.entries(output.probabilities)
            .toSorted(([, a], [, b]) => b - a)
            .slice(0, 8)
            .map(([label, probability]) => (
              <li key={label}>
                <span>{label === output.label ? <strong>{label}</strong> : label}</span>
                <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                  <rect x={0} y={0} width={100} height={8} className={styles["track"]} />
                  <rect x={0} y={0} width={probability * 100} height={8} className={styles["champion"]} />
                </svg>
                <span>{format.percent(probability)}</span>
              </li>
            ))}
        </ul>
      )}
      {"value" in output && <p className={styles["value"]}>{format.number(output.value, 4)}</p>}
      {"neighbours" in output && (
        <p>{output.neighbours.map(({ word, similarity }) => `${word} ${format.number(similarity, 2)}`).join(", ")}</p>
      )}
      <p className={styles["dim"]}>{t("playground.took", { time: format.duration(compute_ms) })}</p>
    </>
  );
}

/** A language model writes on; its words appear as they come, and it stops when asked to. */
function Writing({ endpoint, release }: Asked) {
  const { t } = useText();
  const [prompt, setPrompt] = useState("");
  const [tokens, setTokens] = useState(128);
  const [written, setWritten] = useState("");
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const stop = useRef<AbortController | null>(null);
  const write = async (): Promise<void> => {
    const asked = new AbortController();
    stop.current = asked;
    setBusy(true);
    setError(null);
    setWritten("");
    try {
      const body = { prompt, release, tokens_max: tokens };
      const input = { params: { name: endpoint }, body };
      for await (const event of callForEvents("POST /admin/v1/endpoints/{name}/try-writing", input, asked.signal)) {
        const { text, object } = event as { readonly text?: string; readonly object?: string };
        if (text !== undefined) setWritten((before) => (object === "trial_text" ? text : before + text));
      }
    } catch (failure) {
      if (!asked.signal.aborted) setError(failure);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form
      className={styles["playground"]}
      onSubmit={(event) => {
        event.preventDefault();
        void write();
      }}
    >
      <Textarea
        label={t("playground.prompt")}
        autosize={false}
        rows={3}
        value={prompt}
        onChange={(event) => setPrompt(event.currentTarget.value)}
      />
      <NumberInput
        label={t("playground.tokens")}
        min={1}
        max={1024}
        value={tokens}
        onChange={(next) => setTokens(typeof next === "number" ? next : 128)}
      />
      <FormError error={error} />
      {busy ? (
        <Button variant="default" onClick={() => stop.current?.abort()}>
          {t("playground.stop")}
        </Button>
      ) : (
        <Button type="submit">{t("playground.write")}</Button>
      )}
      <output className={styles["written"]} aria-live="off">
        {written && (
          <>
            <span className={styles["dim"]}>{prompt}</span>
            {written}
          </>
        )}
      </output>
    </form>
  );
}
