import { Button, NumberInput, Textarea } from "@mantine/core";
import { useState } from "react";
import { useGet } from "../../api/queries.ts";
import { useText } from "../../i18n/text.ts";
import { FormError } from "../../ui/form-error.tsx";
import { Panel } from "../../ui/panel.tsx";
import { useNow } from "../../ui/values.tsx";
import { type Ending, useChat } from "./use-chat.ts";
import styles from "./endpoints.module.css";

const dayMs = 86_400_000;

/** A chat with an endpoint's upstreams, as the team: streamed, stopped when one likes, with what it cost. */
export function ChatTrial({ endpoint }: { readonly endpoint: string }) {
  const { t } = useText();
  const chat = useChat(endpoint);
  const [system, setSystem] = useState("");
  const [message, setMessage] = useState("");
  const [temperature, setTemperature] = useState(1);
  const [tokens, setTokens] = useState(512);
  const send = (): void => {
    setMessage("");
    void chat.send(message, { system, temperature, tokens_max: tokens });
  };
  return (
    <Panel title={t("chat.title")}>
      <p className={styles["dim"]}>{t("chat.text")}</p>
      <Spent endpoint={endpoint} />
      <form
        className={styles["playground"]}
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <Textarea
          label={t("chat.system")}
          rows={2}
          value={system}
          onChange={(event) => setSystem(event.currentTarget.value)}
        />
        <div className={styles["knobs"]}>
          <NumberInput
            label={t("chat.temperature")}
            min={0}
            max={2}
            step={0.1}
            value={temperature}
            onChange={(next) => setTemperature(typeof next === "number" ? next : 1)}
          />
          <NumberInput
            label={t("chat.tokens")}
            min={1}
            max={8192}
            value={tokens}
            onChange={(next) => setTokens(typeof next === "number" ? next : 512)}
          />
        </div>
        {chat.talk.length > 0 && (
          <ol className={styles["talk"]} tabIndex={0} aria-label={t("chat.talk")} aria-live="off">
            {chat.talk.map(({ role, content }, i) => (
              <li key={i} data-role={role}>
                <small className={styles["dim"]}>{role === "user" ? t("chat.you") : endpoint}</small>
                <br />
                {content}
              </li>
            ))}
          </ol>
        )}
        <div aria-live="polite">{!chat.isBusy && <HowItEnded ending={chat.ending} />}</div>
        <FormError error={chat.error} />
        <Textarea
          label={t("chat.message")}
          rows={3}
          value={message}
          onChange={(event) => setMessage(event.currentTarget.value)}
        />
        <div className={styles["buttons"]}>
          {chat.isBusy ? (
            <Button variant="default" onClick={chat.stop}>
              {t("playground.stop")}
            </Button>
          ) : (
            <Button type="submit" disabled={message.trim() === ""}>
              {t("chat.send")}
            </Button>
          )}
          {chat.talk.length > 0 && !chat.isBusy && (
            <Button variant="default" onClick={chat.clear}>
              {t("chat.clear")}
            </Button>
          )}
        </div>
      </form>
    </Panel>
  );
}

function HowItEnded({ ending }: { readonly ending: Ending }) {
  const { t, format } = useText();
  if (!ending) return null;
  if (ending.kind === "stopped") return <p className={styles["dim"]}>{t("chat.stopped")}</p>;
  const { model, input_tokens, output_tokens, cost, estimated } = ending.told;
  const used = { model, input: input_tokens, output: output_tokens, cost: format.money(cost) };
  return (
    <p className={styles["dim"]}>
      {t("chat.used", used)} {estimated && t("chat.estimated")}
    </p>
  );
}

/** What all trials of the endpoint cost lately. */
function Spent({ endpoint }: { readonly endpoint: string }) {
  const { t, format } = useText();
  const from_ms = Math.floor(useNow() / dayMs) * dayMs - 30 * dayMs;
  const input = { params: { endpoint }, query: { from_ms } };
  const { data } = useGet("GET /admin/v1/routes/{endpoint}/trial-costs", input);
  return data?.data.map(({ trials, cost }) => (
    <p key={cost.currency} className={styles["dim"]}>
      {t("chat.spent", { n: trials, cost: format.money(cost) })}
    </p>
  ));
}
