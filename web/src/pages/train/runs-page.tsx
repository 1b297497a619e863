import { Button, Checkbox } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useMay } from "../../api/auth.ts";
import type { Run } from "../../api/schema.gen.ts";
import { useList } from "../../api/queries.ts";
import { useText } from "../../i18n/text.ts";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { EmptyState, ErrorState } from "../../ui/states.tsx";
import { StateBadge, When } from "../../ui/values.tsx";
import { lastFigure } from "./curves.tsx";
import { StartRun } from "./start-run.tsx";

const comparedMax = 6;

/** Every training, newest first; a few of them can be laid on one chart. */
export function RunsPage() {
  const { t, format } = useText();
  const may = useMay();
  const navigate = useNavigate();
  const [starting, setStarting] = useState(false);
  const [picked, setPicked] = useState<readonly string[]>([]);
  const list = useList("GET /admin/v1/runs", {}, { everyMs: 3_000 });
  const pick = (id: string): void =>
    setPicked((all) => (all.includes(id) ? all.filter((one) => one !== id) : [...all.slice(1 - comparedMax), id]));
  const columns: readonly Column<Run>[] = [
    {
      key: "pick",
      title: t("train.pick"),
      room: 0.5,
      priority: 2,
      cell: ({ id, name }) => (
        <span role="presentation" onClick={(event) => event.stopPropagation()}>
          <Checkbox
            size="xs"
            aria-label={t("train.compare_one", { name })}
            checked={picked.includes(id)}
            onChange={() => pick(id)}
          />
        </span>
      ),
    },
    { key: "name", title: t("train.name"), room: 2, cell: ({ name }) => name },
    { key: "state", title: t("train.state"), cell: ({ state }) => <StateBadge state={state} /> },
    { key: "recipe", title: t("train.recipe"), room: 1.5, priority: 3, cell: ({ recipe }) => recipe.name },
    {
      key: "accuracy",
      title: t("train.validation"),
      align: "right",
      priority: 2,
      cell: (run) => lastFigure(run, format),
    },
    {
      key: "eta",
      title: t("train.eta"),
      align: "right",
      priority: 2,
      cell: ({ eta_ms }) => (eta_ms === null ? "" : format.duration(eta_ms)),
    },
    { key: "when", title: t("train.begun"), align: "right", cell: ({ created_at_ms }) => <When ms={created_at_ms} /> },
  ];
  return (
    <>
      <PageHeader title={t("nav.train")} text={t("train.text")}>
        <Button
          variant="default"
          disabled={picked.length < 2}
          onClick={() => void navigate({ to: "/train/compare", search: { runs: picked.join(",") } })}
        >
          {t("train.compare", { n: picked.length })}
        </Button>
        {may("train", "write") && <Button onClick={() => setStarting(true)}>{t("train.start")}</Button>}
      </PageHeader>
      {list.error && !list.data ? (
        <ErrorState error={list.error} onRetry={() => void list.refetch()} />
      ) : (
        <DataTable
          label={t("nav.train")}
          columns={columns}
          rows={list.items}
          rowKey={({ id }) => id}
          onOpen={({ id }) => void navigate({ to: "/train/runs/$id", params: { id } })}
          hasMore={list.hasNextPage}
          isLoadingMore={list.isFetchingNextPage}
          onMore={() => void list.fetchNextPage()}
          isLoading={list.isLoading}
          empty={<EmptyState icon="train" title={t("train.none")} text={t("train.none_hint")} />}
        />
      )}
      <StartRun opened={starting} onClose={() => setStarting(false)} />
    </>
  );
}
