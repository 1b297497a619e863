import { Button, NativeSelect } from "@mantine/core";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useMay } from "../../api/auth.ts";
import { useGet } from "../../api/queries.ts";
import { useText } from "../../i18n/text.ts";
import { PageHeader } from "../../ui/page-header.tsx";
import { EmptyState, Loading, useErrorText } from "../../ui/states.tsx";
import { useToast } from "../../ui/toasts.tsx";
import { GuideDialog } from "./guide-dialog.tsx";
import { useLabelText } from "./label-text.ts";
import { LabelWork } from "./label-work.tsx";
import { SpanWork } from "./span-work.tsx";
import { useReviewKeys } from "./review-keys.ts";
import { type Workbench, useWorkbench } from "./workbench.ts";

/** One item after the other, by the keyboard alone; the next one is there already. */
export function ReviewPage() {
  const { queue } = useSearch({ strict: false });
  return <Bench key={queue ?? ""} queue={queue} />;
}

function Bench({ queue }: { readonly queue: string | undefined }) {
  const { t } = useText();
  const toast = useToast();
  const errorText = useErrorText();
  const labelText = useLabelText();
  const may = useMay();
  const navigate = useNavigate();
  const counts = useGet("GET /admin/v1/review-counts", {});
  const bench = useWorkbench(queue, {
    onError: (error) => toast(errorText(error), "bad"),
    onTest: (review, right, label) => {
      const said = { label: labelText(review, label) };
      toast(t(right ? "review.test_right" : "review.test_wrong", said), right ? "good" : "bad");
    },
  });
  const { current } = bench;
  const canWrite = may("review", "write");
  const queues = [...new Set((counts.data?.data ?? []).map((row) => row.queue))];
  const waiting = (counts.data?.data ?? [])
    .filter((row) => (queue === undefined || row.queue === queue) && (row.state === "open" || row.state === "claimed"))
    .reduce((sum, row) => sum + row.count, 0);
  return (
    <>
      <PageHeader title={t("nav.review")} text={t("review.waiting", { n: waiting })}>
        <NativeSelect
          aria-label={t("review.queue")}
          data={[{ value: "", label: t("review.all_queues") }, ...queues.map((name) => ({ value: name, label: name }))]}
          value={queue ?? ""}
          onChange={(event) => {
            const wanted = event.currentTarget.value;
            void navigate({ to: "/review", search: wanted ? { queue: wanted } : {} });
          }}
        />
        {current && canWrite && <GuideDialog queue={current.queue} />}
      </PageHeader>
      {!canWrite && (
        <EmptyState
          icon="review"
          title={t("review.read_only")}
          text={<Link to="/review/queue">{t("nav.review_queue")}</Link>}
        />
      )}
      {canWrite && !current && bench.isAsking && <Loading />}
      {canWrite && !current && !bench.isAsking && <NothingWaits bench={bench} />}
      {canWrite && current?.kind === "text-spans" && <SpanWork key={current.id} review={current} bench={bench} />}
      {canWrite && current && current.kind !== "text-spans" && (
        <LabelWork key={current.id} review={current} bench={bench} />
      )}
    </>
  );
}

function NothingWaits({ bench }: { readonly bench: Workbench }) {
  const { t } = useText();
  const undo = (): void => void bench.undo();
  useReviewKeys({ digit: () => {}, on: { ArrowLeft: undo, Backspace: undo, u: undo } });
  return (
    <EmptyState icon="check" title={t("review.empty")} text={t("review.empty_text")}>
      {bench.done > 0 && (
        <Button variant="light" onClick={undo}>
          {t("review.undo")}
        </Button>
      )}
    </EmptyState>
  );
}
