import { SegmentedControl } from "@mantine/core";
import { Link, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import type { Input } from "../../api/client.ts";
import { useGet, useList } from "../../api/queries.ts";
import type { AnsweredExample, Comparison, Evaluation } from "../../api/schema.gen.ts";
import { useText } from "../../i18n/text.ts";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { Figure, Figures } from "../../ui/figure.tsx";
import { Interval } from "../../ui/interval.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { Panel, Stack } from "../../ui/panel.tsx";
import { EmptyState, ErrorState, Loading } from "../../ui/states.tsx";
import { AnswerCell, InputCell } from "./answer-cell.tsx";
import styles from "./models.module.css";

type Outcome = NonNullable<NonNullable<Input<"GET /admin/v1/evaluations/{id}/examples">["query"]>["outcome"]>;
const outcomes: readonly Outcome[] = ["broken", "fixed", "both_wrong", "both_right"];

/** Two models on the same examples: what the other one fixes and breaks, with the evidence that it is no accident. */
export function ComparePage() {
  const { id } = useParams({ from: "/team/models/$id/compare" });
  const { with: other } = useSearch({ from: "/team/models/$id/compare" });
  const { t } = useText();
  const mine = useList("GET /admin/v1/evaluations", { query: { model: id } });
  const theirs = useList("GET /admin/v1/evaluations", { query: { model: other } });
  const { data: model } = useGet("GET /admin/v1/models/{id}", { params: { id } });
  const { data: against } = useGet("GET /admin/v1/models/{id}", { params: { id: other } });
  const pair = pairOf(mine.items, theirs.items);
  return (
    <>
      <PageHeader title={t("compare.title")} text={t("compare.text")} />
      {mine.isLoading || theirs.isLoading ? (
        <Loading />
      ) : pair ? (
        <Compared pair={pair} names={[model?.name ?? id, against?.name ?? other]} ids={[id, other]} />
      ) : (
        <EmptyState icon="models" title={t("compare.nothing")} text={t("compare.nothing_hint")} />
      )}
    </>
  );
}

type Two<T> = readonly [T, T];

/** Evaluations of the two on the same split of the same version, test before others; else the newest test ones. */
function pairOf(mine: readonly Evaluation[], theirs: readonly Evaluation[]): Two<Evaluation> | undefined {
  for (const one of mine.toSorted((a, b) => Number(b.split === "test") - Number(a.split === "test"))) {
    const same = theirs.find(
      ({ dataset_version, split }) => dataset_version === one.dataset_version && split === one.split,
    );
    if (same) return [one, same];
  }
  const [a, b] = [mine, theirs].map((all) => all.find(({ split }) => split === "test"));
  return a && b ? [a, b] : undefined;
}

function Compared({
  pair,
  names,
  ids,
}: {
  readonly pair: Two<Evaluation>;
  readonly names: Two<string>;
  readonly ids: Two<string>;
}) {
  const { t } = useText();
  const [base, against] = pair;
  const [outcome, setOutcome] = useState<Outcome>("broken");
  const { data, error, refetch } = useGet("GET /admin/v1/evaluations/{id}/compare", {
    params: { id: base.id },
    query: { against: against.id },
  });
  const list = useList(
    "GET /admin/v1/evaluations/{id}/examples",
    { params: { id: base.id }, query: { against: against.id, outcome } },
    { enabled: data?.measure === "accuracy" },
  );
  if (!data) return error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Loading />;
  const columns: readonly Column<AnsweredExample>[] = [
    { key: "input", title: t("model.input"), room: 4, cell: ({ input }) => <InputCell input={input} /> },
    { key: "truth", title: t("model.truth"), priority: 2, cell: ({ truth }) => truth },
    { key: "answer", title: t("compare.first"), cell: ({ answer }) => <AnswerCell of={answer} /> },
    { key: "other", title: t("compare.second"), cell: (one) => (one.other ? <AnswerCell of={one.other} /> : "–") },
  ];
  return (
    <Stack>
      <Evidence comparison={data} names={names} ids={ids} />
      {data.measure === "accuracy" && (
        <>
          <SegmentedControl
            className={styles["outcomes"] ?? ""}
            aria-label={t("compare.which")}
            data={outcomes.map((value) => ({ value, label: t(`compare.${value}`) }))}
            value={outcome}
            onChange={(value) => setOutcome(value)}
          />
          <DataTable
            label={t("model.examples")}
            columns={columns}
            rows={list.items}
            rowKey={(example) => example.id}
            hasMore={list.hasNextPage}
            isLoadingMore={list.isFetchingNextPage}
            onMore={() => void list.fetchNextPage()}
            isLoading={list.isLoading}
            empty={<EmptyState icon="models" title={t("model.no_examples")} />}
          />
        </>
      )}
    </Stack>
  );
}

function Evidence({
  comparison,
  names,
  ids,
}: {
  readonly comparison: Comparison;
  readonly names: Two<string>;
  readonly ids: Two<string>;
}) {
  const { t, format } = useText();
  const percent = comparison.measure === "accuracy";
  const shown = (value: number): string => (percent ? format.percent(value) : format.number(value, 4));
  const { difference } = comparison;
  const reach = Math.max(Math.abs(difference.low), Math.abs(difference.high), 1e-9) * 1.2;
  return (
    <>
      <Figures>
        <Figure
          label={t("compare.first")}
          value={shown(comparison.base)}
          note={
            <Link to="/models/$id" params={{ id: ids[0] }}>
              {names[0]}
            </Link>
          }
        />
        <Figure
          label={t("compare.second")}
          value={shown(comparison.against)}
          note={
            <Link to="/models/$id" params={{ id: ids[1] }}>
              {names[1]}
            </Link>
          }
        />
        {comparison.only_base !== null && (
          <Figure
            label={t("compare.discordant")}
            value={`${comparison.only_base} : ${comparison.only_against}`}
            note={t("compare.p", { p: format.number(comparison.mcnemar_p ?? 1, 4) })}
          />
        )}
        <Figure label={t("compare.examples")} value={format.number(comparison.examples)} />
      </Figures>
      <Panel title={t("compare.difference", { measure: comparison.measure })}>
        <Interval of={difference} from={-reach} to={reach} percent={percent} mark={0} />
        <p className={styles["dim"]}>
          {t(difference.low > 0 ? "compare.above" : difference.high < 0 ? "compare.below" : "compare.across")}
        </p>
      </Panel>
    </>
  );
}
