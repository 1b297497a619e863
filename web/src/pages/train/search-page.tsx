import { Link, useParams } from "@tanstack/react-router";
import { useMemo } from "react";
import { useMay } from "../../api/auth.ts";
import { useGet, useList, usePost } from "../../api/queries.ts";
import type { Search, Trial } from "../../api/schema.gen.ts";
import { useText } from "../../i18n/text.ts";
import { Chart } from "../../ui/chart.tsx";
import { ConfirmButton } from "../../ui/confirm-button.tsx";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { Figure, Figures } from "../../ui/figure.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { Panel, Stack } from "../../ui/panel.tsx";
import { EmptyState, ErrorState, Loading } from "../../ui/states.tsx";
import { StateBadge } from "../../ui/values.tsx";
import { parallelOf, shown, varyingOf } from "./parallel.ts";
import styles from "./train.module.css";

/** A search: how far it is, every trial as a line through its hyperparameters, the best ones darkest. */
export function SearchPage() {
  const { id } = useParams({ from: "/team/train/searches/$id" });
  const { t, format, word } = useText();
  const may = useMay();
  const {
    data: search,
    error,
    refetch,
  } = useGet("GET /admin/v1/searches/{id}", { params: { id } }, { everyMs: whileLive });
  const trials = useList(
    "GET /admin/v1/searches/{id}/trials",
    { params: { id } },
    search && isLive(search) ? { everyMs: 3_000 } : {},
  );
  const cancel = usePost("POST /admin/v1/searches/{id}/cancel", { touches: ["GET /admin/v1/searches"] });
  const varying = useMemo(() => varyingOf(trials.items), [trials.items]);
  const option = useMemo(() => parallelOf(trials.items, varying, t("search.error")), [trials.items, varying, t]);
  if (!search) return error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Loading />;
  const live = isLive(search);
  const best = trials.items.reduce<number | null>(
    (lowest, trial) => (trial.error === null ? lowest : Math.min(lowest ?? 1e9, trial.error)),
    null,
  );
  const columns: readonly Column<Trial>[] = [
    { key: "number", title: "#", room: 0.4, cell: ({ number }) => number + 1 },
    { key: "state", title: t("train.state"), priority: 2, cell: ({ state }) => <StateBadge state={state} /> },
    {
      key: "error",
      title: t("search.error"),
      align: "right",
      cell: (trial) => (trial.error === null ? "–" : format.number(trial.error, 4)),
    },
    {
      key: "trained",
      title: t("search.trained"),
      align: "right",
      priority: 2,
      cell: ({ trained }) => (trained === null ? "–" : format.number(trained)),
    },
    ...varying.slice(0, 5).map(({ path, values }): Column<Trial> => ({
      key: path,
      title: path.split(".").at(-1) ?? path,
      align: "right",
      priority: 3,
      cell: ({ number }) => shown(values.get(number) ?? "–"),
    })),
    { key: "took", title: t("train.took"), align: "right", cell: ({ took_ms }) => format.duration(took_ms) },
  ];
  return (
    <>
      <PageHeader title={word("kind", search.kind)} text={<StateBadge state={search.state} />}>
        {live && may("train", "write") && (
          <ConfirmButton
            label={t("search.cancel")}
            question={t("search.cancel_question")}
            color="red"
            onConfirm={() => cancel.mutateAsync({ params: { id } })}
            isPending={cancel.isPending}
            error={cancel.error}
          />
        )}
      </PageHeader>
      <Stack>
        {search.reason && (
          <p role="alert" className={styles["failed"]}>
            {search.reason}
          </p>
        )}
        <Figures>
          <Figure label={t("search.trials")} value={format.number(trials.items.length)} note={search.progress?.doing} />
          <Figure label={t("search.best")} value={best === null ? "–" : format.number(best, 4)} />
          {search.progress && <Figure label={t("search.progress")} value={format.percent(search.progress.share, 0)} />}
          {search.progress && search.progress.eta_ms !== null && (
            <Figure label={t("train.eta")} value={format.duration(search.progress.eta_ms)} />
          )}
          {search.run && (
            <Figure
              label={t("search.run")}
              value={
                <Link to="/train/runs/$id" params={{ id: search.run }}>
                  {t("search.run_open")}
                </Link>
              }
            />
          )}
        </Figures>
        {varying.length > 0 && (
          <Panel title={t("search.parallel")}>
            <p className={styles["dim"]}>{t("search.parallel_text")}</p>
            <div className={styles["wide"]} role="group" aria-label={t("search.parallel")} tabIndex={0}>
              <div style={{ minWidth: axisPx * (varying.length + 1) }}>
                <Chart label={t("search.parallel_label", { n: trials.items.length })} option={option} height={320} />
              </div>
            </div>
          </Panel>
        )}
        <DataTable
          label={t("search.trials")}
          columns={columns}
          rows={trials.items}
          rowKey={({ number }) => String(number)}
          hasMore={trials.hasNextPage}
          isLoadingMore={trials.isFetchingNextPage}
          onMore={() => void trials.fetchNextPage()}
          isLoading={trials.isLoading}
          empty={<EmptyState icon="search" title={t("search.no_trials")} />}
        />
      </Stack>
    </>
  );
}

/** So that the axes' words do not run into each other; on a narrow screen the picture scrolls. */
const axisPx = 84;

const isLive = ({ state }: Search): boolean => state === "queued" || state === "searching";
const whileLive = (search?: Search): number | false => (search && isLive(search) ? 2_000 : false);
