import { NativeSelect } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useMay } from "../../api/auth.ts";
import { useList, usePost } from "../../api/queries.ts";
import type { Endpoint } from "../../api/schema.gen.ts";
import { useText } from "../../i18n/text.ts";
import { ConfirmButton } from "../../ui/confirm-button.tsx";
import { Interval } from "../../ui/interval.tsx";
import { Panel } from "../../ui/panel.tsx";
import { useToast } from "../../ui/toasts.tsx";
import { StateBadge, When } from "../../ui/values.tsx";
import { useModelName } from "./model-name.tsx";
import styles from "./endpoints.module.css";

/** What was judged here, each with its interval on one scale around zero; and a judge to call. */
export function Verdicts({ endpoint }: { readonly endpoint: Endpoint }) {
  const { t, format } = useText();
  const may = useMay();
  const list = useList("GET /admin/v1/verdicts", { query: { endpoint: endpoint.name } });
  const nameOf = useModelName();
  const reach = Math.max(
    1e-6,
    ...list.items.flatMap(({ difference: { low, high } }) => [Math.abs(low), Math.abs(high)]),
  );
  return (
    <Panel title={t("endpoint.verdicts")}>
      {may("endpoints", "write") && <Judge endpoint={endpoint} />}
      {list.items.length === 0 && !list.isLoading && <p className={styles["dim"]}>{t("endpoint.no_verdicts")}</p>}
      <ul className={styles["verdicts"]} tabIndex={0} aria-label={t("endpoint.verdicts")}>
        {list.items.map((verdict) => (
          <li key={verdict.id}>
            <span className={styles["who"]}>
              <StateBadge state={verdict.decision} />
              <Link to="/models/$id/compare" params={{ id: verdict.champion }} search={{ with: verdict.candidate }}>
                {nameOf(verdict.candidate)}
              </Link>
              <small className={styles["dim"]}>
                <When ms={verdict.created_at_ms} />
              </small>
            </span>
            <Interval
              of={verdict.difference}
              from={-reach}
              to={reach}
              percent={verdict.measure === "accuracy"}
              mark={0}
            />
            <p className={styles["dim"]}>
              {verdict.reason}
              {verdict.mcnemar_p !== null && ` · p = ${format.number(verdict.mcnemar_p, 4)}`}
            </p>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Judge({ endpoint }: { readonly endpoint: Endpoint }) {
  const { t, format } = useText();
  const toast = useToast();
  const { word } = useText();
  const { items } = useList("GET /admin/v1/models", {});
  const [chosen, choose] = useState("");
  const others = items.filter(({ id }) => id !== endpoint.champion.model);
  const model = chosen || (endpoint.challengers[0]?.model ?? others[0]?.id ?? "");
  const judge = usePost("POST /admin/v1/endpoints/{name}/judge", {
    touches: ["GET /admin/v1/endpoints", "GET /admin/v1/verdicts"],
    onDone: ({ decision }) => toast(word("state", decision)),
  });
  if (others.length === 0) return null;
  return (
    <div className={styles["judge"]}>
      <NativeSelect
        label={t("endpoint.candidate")}
        data={others.map(({ id, name, created_at_ms }) => ({
          value: id,
          label: `${name} · ${format.dateTime(created_at_ms)}`,
        }))}
        value={model}
        onChange={(event) => choose(event.currentTarget.value)}
      />
      <ConfirmButton
        label={t("endpoint.judge")}
        question={t("endpoint.judge_question")}
        onConfirm={() => judge.mutateAsync({ params: { name: endpoint.name }, body: { model } })}
        isPending={judge.isPending}
        error={judge.error}
      />
    </div>
  );
}
