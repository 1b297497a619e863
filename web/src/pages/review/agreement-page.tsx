import type { Answer } from "../../api/client.ts";
import { useGet } from "../../api/queries.ts";
import type { TextKey } from "../../i18n/language.ts";
import { useText } from "../../i18n/text.ts";
import { Figure, Figures } from "../../ui/figure.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { Panel, Stack } from "../../ui/panel.tsx";
import { EmptyState, ErrorState, Loading } from "../../ui/states.tsx";
import { Interval } from "./interval.tsx";
import styles from "./review.module.css";

type Agreement = Answer<"GET /admin/v1/review-agreement">;
type Coefficients = Agreement["coefficients"];

const names: { readonly [N in keyof Coefficients]: { readonly name: string; readonly text: TextKey } } = {
  gwet_ac1: { name: "Gwet AC1", text: "review.ac1_text" },
  krippendorff_alpha: { name: "Krippendorff α", text: "review.alpha_text" },
  fleiss_kappa: { name: "Fleiss κ", text: "review.kappa_text" },
};

/** How far reviewers agree beyond chance, in pairs, and with the test items. */
export function AgreementPage() {
  const { t, format } = useText();
  const { data, error, refetch } = useGet("GET /admin/v1/review-agreement", { query: {} });
  if (!data) return error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Loading />;
  const each = Object.keys(names) as (keyof Coefficients)[];
  return (
    <>
      <PageHeader title={t("nav.review_agreement")} text={t("review.agreement_text")} />
      {data.reviewers.length === 0 ? (
        <EmptyState icon="review" title={t("review.no_votes")} text={t("review.no_votes_text")} />
      ) : (
        <Stack>
          <Figures>
            <Figure
              label={t("review.shared_items")}
              value={format.number(data.items)}
              note={t("review.votes_n", { n: data.votes })}
            />
            <Figure
              label={t("review.observed")}
              value={data.observed === null ? "–" : format.percent(data.observed)}
              note={t("review.observed_text")}
            />
          </Figures>
          {data.spans && (
            <Panel title={t("review.spans_items")}>
              <div className={styles["intervals"]}>
                <div>
                  <strong>{t("review.spans_f1")}</strong>
                  <Interval of={data.spans.f1} label={t("review.spans_f1")} />
                  <small>{t("review.spans_f1_text")}</small>
                </div>
                <div>
                  <span>{t("review.items_n", { n: data.spans.items })}</span>
                  <span>{t("review.spans_observed", { share: format.percent(data.spans.observed) })}</span>
                </div>
              </div>
            </Panel>
          )}
          <Panel title={t("review.beyond_chance")}>
            <div className={styles["intervals"]}>
              {each.map((name) => (
                <div key={name}>
                  <strong>{names[name].name}</strong>
                  <Interval of={data.coefficients[name]} label={names[name].name} />
                  <small>{t(names[name].text)}</small>
                </div>
              ))}
            </div>
          </Panel>
          {data.pairs.length > 0 && (
            <Panel title={t("review.pairs")}>
              <div className={styles["intervals"]}>
                {data.pairs.map(({ reviewers, items, cohen_kappa }) => (
                  <div key={reviewers.join(" ")}>
                    <span>{reviewers.join(" · ")}</span>
                    <Interval of={cohen_kappa} label={reviewers.join(" · ")} />
                    <small>{t("review.items_n", { n: items })}</small>
                  </div>
                ))}
              </div>
            </Panel>
          )}
          <Panel title={t("review.reviewers_title")}>
            <dl className={styles["keys"]}>
              {data.reviewers.map(({ reviewer, votes, gold }) => (
                <div key={reviewer}>
                  <dt>{reviewer}</dt>
                  <dd>
                    {t("review.votes_n", { n: votes })}
                    {gold && ` · ${t("review.gold_right", { right: gold.successes, n: gold.n })}`}
                  </dd>
                </div>
              ))}
            </dl>
          </Panel>
        </Stack>
      )}
    </>
  );
}
