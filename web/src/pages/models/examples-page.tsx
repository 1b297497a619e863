import { NativeSelect } from "@mantine/core";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useGet, useList } from "../../api/queries.ts";
import type { AnsweredExample } from "../../api/schema.gen.ts";
import { useText } from "../../i18n/text.ts";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { EmptyState, ErrorState } from "../../ui/states.tsx";
import { AnswerCell, InputCell } from "./answer-cell.tsx";
import { classifierMetrics } from "./evaluation.ts";
import styles from "./models.module.css";

/** The examples of one evaluation, the surest answers first: a cell of the confusion matrix, or all mistakes. */
export function ExamplesPage() {
  const { id } = useParams({ from: "/team/models/$id/examples" });
  const wanted = useSearch({ from: "/team/models/$id/examples" });
  const { t } = useText();
  const navigate = useNavigate();
  const { evaluation, ...query } = wanted;
  const { data: facts } = useGet("GET /admin/v1/evaluations/{id}", { params: { id: evaluation } });
  const { data: model } = useGet("GET /admin/v1/models/{id}", { params: { id } });
  const list = useList("GET /admin/v1/evaluations/{id}/examples", { params: { id: evaluation }, query });
  const labels = facts ? (classifierMetrics(facts)?.classes.map(({ label }) => label) ?? []) : [];
  const change = (part: Partial<typeof query>): void =>
    void navigate({ to: "/models/$id/examples", params: { id }, search: { ...wanted, ...part } });
  const columns: readonly Column<AnsweredExample>[] = [
    { key: "input", title: t("model.input"), room: 4, cell: ({ input }) => <InputCell input={input} /> },
    { key: "truth", title: t("model.truth"), cell: ({ truth }) => truth },
    { key: "answer", title: t("model.answer"), cell: ({ answer }) => <AnswerCell of={answer} /> },
  ];
  const choice = (value: string | undefined, all: string) => ({
    value: value ?? "",
    data: [{ value: "", label: all }, ...labels.map((label) => ({ value: label, label }))],
  });
  return (
    <>
      <PageHeader title={t("model.examples_of", { name: model?.name ?? "" })} text={t("model.examples_text")} />
      <div className={styles["filters"]}>
        <NativeSelect
          label={t("model.truth")}
          {...choice(query.truth, t("model.any"))}
          onChange={(event) => change({ truth: event.currentTarget.value || undefined })}
        />
        <NativeSelect
          label={t("model.answer")}
          {...choice(query.answer, t("model.any"))}
          onChange={(event) => change({ answer: event.currentTarget.value || undefined })}
        />
        <NativeSelect
          label={t("model.rightness")}
          data={[
            { value: "", label: t("model.any") },
            { value: "true", label: t("model.right") },
            { value: "false", label: t("model.wrong") },
          ]}
          value={query.right ?? ""}
          onChange={(event) =>
            change({ right: (event.currentTarget.value || undefined) as "true" | "false" | undefined })
          }
        />
      </div>
      {list.error && !list.data ? (
        <ErrorState error={list.error} onRetry={() => void list.refetch()} />
      ) : (
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
      )}
    </>
  );
}
