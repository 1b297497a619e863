import { NativeSelect } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useList } from "../../api/queries.ts";
import type { TextKey } from "../../i18n/language.ts";
import { useText } from "../../i18n/text.ts";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { InputGlance } from "../../ui/input-glance.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { EmptyState, ErrorState } from "../../ui/states.tsx";
import { StateBadge, When } from "../../ui/values.tsx";
import { useLabelText } from "./label-text.ts";
import type { Review } from "./workbench.ts";

const views = {
  open: { text: "review.view_open", query: { state: "open" } },
  disagreeing: { text: "review.view_disagreeing", query: { disagreeing: "true" } },
  settled: { text: "review.view_settled", query: { state: "settled" } },
  skipped: { text: "review.view_skipped", query: { state: "skipped" } },
  gold: { text: "review.view_gold", query: { gold: "true" } },
} as const satisfies Readonly<Record<string, { readonly text: TextKey; readonly query: object }>>;

export type QueueView = keyof typeof views;

/** All items in the order in which they are asked, those that were decided, and those on which reviewers differ. */
export function QueuePage() {
  const { t, format } = useText();
  const labelText = useLabelText();
  const navigate = useNavigate();
  const { view: wanted } = useSearch({ strict: false });
  const view: QueueView = wanted && wanted in views ? (wanted as QueueView) : "open";
  const { items, error, isLoading, hasNextPage, isFetchingNextPage, fetchNextPage, refetch } = useList(
    "GET /admin/v1/reviews",
    { query: views[view].query },
  );
  const labelCell = (review: Review): string => {
    const label = review.label ?? review.proposals[0]?.label;
    return label === undefined ? "–" : labelText(review, label);
  };
  const columns: readonly Column<Review>[] = [
    { key: "input", title: t("review.item"), room: 4, cell: inputCell },
    {
      key: "answer",
      title: t("review.answer"),
      priority: 2,
      cell: ({ answer }) => (answer ? `${answer.label} ${format.percent(answer.probability, 0)}` : "–"),
    },
    { key: "label", title: t("review.label"), cell: labelCell },
    { key: "state", title: t("review.state"), cell: stateCell },
    { key: "queue", title: t("review.queue"), priority: 3, cell: ({ queue }) => queue },
    { key: "when", title: t("review.since"), priority: 3, cell: sinceCell },
  ];
  return (
    <>
      <PageHeader title={t("nav.review_queue")} text={t("review.queue_text")}>
        <NativeSelect
          aria-label={t("review.view")}
          data={Object.entries(views).map(([value, { text }]) => ({ value, label: t(text) }))}
          value={view}
          onChange={(event) => void navigate({ to: "/review/queue", search: { view: event.currentTarget.value } })}
        />
      </PageHeader>
      {error ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : (
        <DataTable
          label={t("nav.review_queue")}
          columns={columns}
          rows={items}
          rowKey={({ id }) => id}
          isLoading={isLoading}
          hasMore={hasNextPage}
          isLoadingMore={isFetchingNextPage}
          onMore={() => void fetchNextPage()}
          onOpen={({ id }) => void navigate({ to: "/review/items/$id", params: { id } })}
          empty={<EmptyState icon="review" title={t("review.none")} />}
        />
      )}
    </>
  );
}

const inputCell = ({ kind, input }: Review) => <InputGlance kind={kind} input={input} />;
const sinceCell = ({ created_at_ms }: { readonly created_at_ms: number }) => <When ms={created_at_ms} />;
const stateCell = ({ state }: { readonly state: string }) => <StateBadge state={state} />;
