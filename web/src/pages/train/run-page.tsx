import { Link, useParams } from "@tanstack/react-router";
import { useMay } from "../../api/auth.ts";
import { useGet, usePost } from "../../api/queries.ts";
import type { Run } from "../../api/schema.gen.ts";
import { useText } from "../../i18n/text.ts";
import { ConfirmButton } from "../../ui/confirm-button.tsx";
import { Figure, Figures } from "../../ui/figure.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { Columns, Panel, Stack } from "../../ui/panel.tsx";
import { ErrorState, Loading } from "../../ui/states.tsx";
import { StateBadge, When } from "../../ui/values.tsx";
import { Curves, lastFigure } from "./curves.tsx";
import { Facts } from "../../ui/facts.tsx";
import styles from "./train.module.css";

/** One training: how far it is, its curves as they grow, what it said, and the recipe it follows. */
export function RunPage() {
  const { id } = useParams({ from: "/team/train/runs/$id" });
  const { t, format } = useText();
  const may = useMay();
  const { data: run, error, refetch } = useGet("GET /admin/v1/runs/{id}", { params: { id } }, { everyMs: whileLive });
  const cancel = usePost("POST /admin/v1/runs/{id}/cancel", { touches: ["GET /admin/v1/runs"] });
  if (!run) return error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Loading />;
  const live = isLive(run);
  return (
    <>
      <PageHeader title={run.name} text={<StateBadge state={run.state} />}>
        {live && may("train", "write") && (
          <ConfirmButton
            label={t("train.cancel")}
            question={t("train.cancel_question")}
            color="red"
            onConfirm={() => cancel.mutateAsync({ params: { id } })}
            isPending={cancel.isPending}
            error={cancel.error}
          />
        )}
      </PageHeader>
      <Stack>
        {run.reason && (
          <p role="alert" className={styles["failed"]}>
            {run.reason}
          </p>
        )}
        <Figures>
          <Figure label={t("train.epoch")} value={run.epoch ?? run.curves.at(-1)?.epoch ?? "–"} />
          <Figure label={t("train.validation")} value={lastFigure(run, format) || "–"} />
          {live ? (
            <Figure label={t("train.eta")} value={run.eta_ms === null ? "–" : format.duration(run.eta_ms)} />
          ) : (
            <Figure
              label={t("train.took")}
              value={run.finished_at_ms === null ? "–" : format.duration(run.finished_at_ms - run.created_at_ms)}
            />
          )}
        </Figures>
        <Curves runs={[run]} />
        <Columns>
          <Panel title={t("train.log")}>
            <Log run={run} />
          </Panel>
          <Panel title={t("train.facts")}>
            <Facts
              rows={[
                ...(run.model
                  ? [
                      [
                        t("train.model"),
                        <Link key="model" to="/models/$id" params={{ id: run.model }}>
                          {run.name}
                        </Link>,
                      ] as const,
                    ]
                  : []),
                [t("train.recipe"), run.recipe.name],
                [t("train.version"), <code key="version">{run.dataset_version}</code>],
                [t("train.seed"), String(run.seed)],
                [t("train.begun"), <When key="when" ms={run.created_at_ms} />],
              ]}
            />
            <details className={styles["settings"]}>
              <summary>{t("train.recipe_whole")}</summary>
              <pre className={styles["code"]} tabIndex={0}>
                {JSON.stringify(run.recipe, null, 2)}
              </pre>
            </details>
          </Panel>
        </Columns>
      </Stack>
    </>
  );
}

const isLive = ({ state }: Run): boolean => state === "queued" || state === "training";
const whileLive = (run?: Run): number | false => (run && isLive(run) ? 1_500 : false);

/** What the run said: a line an epoch, the newest first. */
function Log({ run }: { readonly run: Run }) {
  const { t, format } = useText();
  const figures = (of: Readonly<Record<string, number>>): string =>
    Object.entries(of)
      .map(([name, value]) => `${name.replaceAll("_", " ")} ${format.number(value, 4)}`)
      .join(", ");
  const lines = run.curves.map(
    ({ epoch, train, validation }) =>
      `${t("train.log_epoch", { epoch })}  ${figures(train)}${validation ? `  |  ${t("train.validation")}: ${figures(validation)}` : ""}`,
  );
  return (
    <ol className={styles["log"]} reversed tabIndex={0} aria-label={t("train.log")}>
      {run.finished_at_ms !== null && (
        <li>
          {format.time(run.finished_at_ms)} {t("train.log_end")}
        </li>
      )}
      {lines.toReversed().map((line) => (
        <li key={line}>{line}</li>
      ))}
      <li>
        {format.time(run.created_at_ms)} {t("train.log_begin")}
      </li>
    </ol>
  );
}
