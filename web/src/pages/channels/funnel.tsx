import { useGet } from "../../api/queries.ts";
import { useText } from "../../i18n/text.ts";
import { ErrorState, Loading } from "../../ui/states.tsx";
import styles from "./channels.module.css";

const steps = ["introduced", "subscribed", "calling", "paying"] as const;

/** How far the customers whom a partner introduced have come: a bar a step, as wide as its share of those introduced. */
export function Funnel({ partner }: { readonly partner: string }) {
  const { t, format } = useText();
  const { data, error, refetch } = useGet("GET /admin/v1/partners/{id}/funnel", { params: { id: partner } });
  if (!data) return error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Loading />;
  const shareOf = (step: (typeof steps)[number]): number => (data.introduced > 0 ? data[step] / data.introduced : 0);
  return (
    <ol className={styles["funnel"]}>
      {steps.map((step) => (
        <li key={step}>
          <span>{t(`channels.step_${step}`)}</span>
          <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
            <rect width="100" height="10" className={styles["whole"]} />
            <rect width={100 * shareOf(step)} height="10" x={50 - 50 * shareOf(step)} className={styles["part"]} />
          </svg>
          <strong>{format.number(data[step])}</strong>
          <small>{data.introduced > 0 && format.percent(shareOf(step), 0)}</small>
        </li>
      ))}
    </ol>
  );
}
