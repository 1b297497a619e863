import { Button } from "@mantine/core";
import { useParams } from "@tanstack/react-router";
import { useMay } from "../../api/auth.ts";
import { useGet, usePost } from "../../api/queries.ts";
import { useText } from "../../i18n/text.ts";
import { FormError } from "../../ui/form-error.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { Panel, Stack } from "../../ui/panel.tsx";
import { ErrorState, Loading } from "../../ui/states.tsx";
import { StateBadge, When } from "../../ui/values.tsx";
import { useLabelText } from "./label-text.ts";
import { ReviewCard } from "./review-card.tsx";
import styles from "./review.module.css";

const touches = ["GET /admin/v1/reviews", "GET /admin/v1/review-"];

/** One item with its votes: who said what, the last word over votes that differ, and whether it tests reviewers. */
export function ItemPage() {
  const { t } = useText();
  const labelText = useLabelText();
  const may = useMay();
  const { id } = useParams({ from: "/team/review/items/$id" });
  const { data, error, refetch } = useGet("GET /admin/v1/reviews/{id}", { params: { id } });
  const votes = useGet("GET /admin/v1/reviews/{id}/votes", { params: { id } });
  const adjudicate = usePost("POST /admin/v1/reviews/{id}/adjudicate", { touches });
  const gold = usePost("POST /admin/v1/reviews/{id}/gold", { touches });
  if (!data) return error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Loading />;
  const canWrite = may("review", "write");
  // of a text's spans, what somebody voted for
  const choices = data.kind === "text-spans" ? [...new Set(votes.data?.data.map(({ label }) => label))] : data.labels;
  return (
    <>
      <PageHeader title={t("review.one_item")} text={<code>{data.id}</code>}>
        {canWrite && data.state === "settled" && (
          <Button
            variant="default"
            loading={gold.isPending}
            onClick={() => gold.mutate({ params: { id }, body: { gold: !data.gold } })}
          >
            {t(data.gold ? "review.gold_off" : "review.gold_on")}
          </Button>
        )}
      </PageHeader>
      <Stack>
        <ReviewCard review={data} />
        <Panel title={t("review.votes")} actions={<StateBadge state={data.state} />}>
          {data.label !== null && (
            <p>
              <strong>{labelText(data, data.label)}</strong>{" "}
              {t(data.adjudicated ? "review.by_adjudication" : "review.by_votes")}
            </p>
          )}
          {votes.data?.data.length === 0 && <p className={styles["dim"]}>{t("review.no_votes")}</p>}
          <dl className={styles["keys"]}>
            {votes.data?.data.map((vote) => (
              <div key={vote.reviewer}>
                <dt>{vote.reviewer}</dt>
                <dd>
                  {labelText(data, vote.label)} <When ms={vote.created_at_ms} />
                </dd>
              </div>
            ))}
          </dl>
        </Panel>
        {canWrite && data.disagreeing && (
          <Panel title={t("review.adjudicate")}>
            <p className={styles["dim"]}>{t("review.adjudicate_text")}</p>
            <FormError error={adjudicate.error} />
            <div className={styles["row"]}>
              {choices.map((label) => (
                <Button
                  key={label}
                  variant="light"
                  loading={adjudicate.isPending}
                  onClick={() => adjudicate.mutate({ params: { id }, body: { label } })}
                >
                  {labelText(data, label)}
                </Button>
              ))}
            </div>
          </Panel>
        )}
        <FormError error={gold.error} />
      </Stack>
    </>
  );
}
