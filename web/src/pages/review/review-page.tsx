import { Button, NativeSelect } from "@mantine/core";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useMay } from "../../api/auth.ts";
import { useGet } from "../../api/queries.ts";
import { useText } from "../../i18n/text.ts";
import { PageHeader } from "../../ui/page-header.tsx";
import { EmptyState, Loading, useErrorText } from "../../ui/states.tsx";
import { useToast } from "../../ui/toasts.tsx";
import { GuideDialog } from "./guide-dialog.tsx";
import { LabelChoice } from "./label-choice.tsx";
import { useReviewKeys } from "./review-keys.ts";
import { useWorkbench } from "./workbench.ts";
import { Beside } from "./beside.tsx";
import { ReviewCard } from "./review-card.tsx";
import styles from "./review.module.css";

/** One item after the other, by the keyboard alone: a number or an arrow and Enter decides, the next one is there already. */
export function ReviewPage() {
  const { endpoint } = useSearch({ strict: false });
  return <Bench key={endpoint ?? ""} endpoint={endpoint} />;
}

function Bench({ endpoint }: { readonly endpoint: string | undefined }) {
  const { t } = useText();
  const toast = useToast();
  const errorText = useErrorText();
  const may = useMay();
  const navigate = useNavigate();
  const counts = useGet("GET /admin/v1/review-counts", {});
  const bench = useWorkbench(endpoint, {
    onError: (error) => toast(errorText(error), "bad"),
    onTest: (right, label) =>
      toast(t(right ? "review.test_right" : "review.test_wrong", { label }), right ? "good" : "bad"),
  });
  const { current } = bench;
  const [chosen, setChosen] = useState<{ readonly id: string; readonly at: number }>();
  const likely = current ? Math.max(0, current.labels.indexOf(current.proposals[0]?.label ?? current.answer.label)) : 0;
  const at = chosen && chosen.id === current?.id ? chosen.at : likely;
  const choose = (to: number): void => {
    if (current) setChosen({ id: current.id, at: (to + current.labels.length) % current.labels.length });
  };
  const decide = (i: number): void => {
    const label = current?.labels[i];
    if (label !== undefined) bench.decide(label);
  };
  const canWrite = may("review", "write");
  useReviewKeys(canWrite, {
    choose: (step) => choose(at + step),
    decide: (i) => decide(i ?? at),
    undo: () => void bench.undo(),
    skip: () => current && bench.decide(null),
  });
  const endpoints = [...new Set((counts.data?.data ?? []).map((row) => row.endpoint))];
  const waiting = (counts.data?.data ?? [])
    .filter(
      (row) =>
        (endpoint === undefined || row.endpoint === endpoint) && (row.state === "open" || row.state === "claimed"),
    )
    .reduce((sum, row) => sum + row.count, 0);
  return (
    <>
      <PageHeader title={t("nav.review")} text={t("review.waiting", { n: waiting })}>
        <NativeSelect
          aria-label={t("review.endpoint")}
          data={[
            { value: "", label: t("review.all_endpoints") },
            ...endpoints.map((name) => ({ value: name, label: name })),
          ]}
          value={endpoint ?? ""}
          onChange={(event) => {
            const wanted = event.currentTarget.value;
            void navigate({ to: "/review", search: wanted ? { endpoint: wanted } : {} });
          }}
        />
        {current && canWrite && <GuideDialog endpoint={current.endpoint} />}
      </PageHeader>
      {!canWrite && (
        <EmptyState
          icon="review"
          title={t("review.read_only")}
          text={<Link to="/review/queue">{t("nav.review_queue")}</Link>}
        />
      )}
      {canWrite && !current && bench.isAsking && <Loading />}
      {canWrite && !current && !bench.isAsking && (
        <EmptyState icon="check" title={t("review.empty")} text={t("review.empty_text")}>
          {bench.done > 0 && (
            <Button variant="light" onClick={() => void bench.undo()}>
              {t("review.undo")}
            </Button>
          )}
        </EmptyState>
      )}
      {canWrite && current && (
        <div className={styles["bench"]}>
          <div className={styles["left"]}>
            <ReviewCard key={current.id} review={current} />
            <LabelChoice labels={current.labels} at={at} answer={current.answer.label} onDecide={decide} />
            <div className={styles["row"]}>
              <Button variant="default" disabled={bench.done === 0} onClick={() => void bench.undo()}>
                <kbd className={styles["key"]}>←</kbd> {t("review.undo")}
              </Button>
              <Button variant="default" onClick={() => bench.decide(null)}>
                {t("review.skip")} <kbd className={styles["key"]}>→</kbd>
              </Button>
              <span className={styles["done"]}>{t("review.done", { n: bench.done })}</span>
            </div>
          </div>
          <Beside endpoint={current.endpoint} />
        </div>
      )}
    </>
  );
}
