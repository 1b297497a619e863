import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { call } from "../../api/client.ts";
import { useText } from "../../i18n/text.ts";
import { FormError } from "../../ui/form-error.tsx";
import { Money, Quantity } from "../../ui/values.tsx";
import { type PriceDraft, bodyOf } from "./price-fields.tsx";
import styles from "./sell.module.css";

const volumes = [100, 1_000, 10_000, 100_000, 1_000_000];

/** What a month of so many answers would cost, rated by the server as an invoice would be. */
export function PricePreview({
  draft,
  currency,
}: {
  readonly draft: PriceDraft;
  readonly currency: "usd" | "eur" | "gbp" | "cny" | "jpy";
}) {
  const { t } = useText();
  const [settled] = useDebouncedValue(draft, 250);
  const body = bodyOf(settled);
  const { data, error } = useQuery({
    queryKey: ["POST /admin/v1/prices/preview", body, currency],
    queryFn: ({ signal }) =>
      call("POST /admin/v1/prices/preview", { body: { ...body, at: volumes, currency } }, signal),
    enabled: body !== null,
    placeholderData: (before) => before,
  });
  if (error) return <FormError error={error} />;
  return (
    <table className={styles["preview"]} aria-label={t("sell.preview")}>
      <thead>
        <tr>
          <th scope="col">{t("sell.answers_in_month")}</th>
          <th scope="col">{t("sell.costs")}</th>
        </tr>
      </thead>
      <tbody>
        {(data?.points ?? []).map(({ units, total }) => (
          <tr key={units}>
            <td>
              <Quantity value={units} />
            </td>
            <td>
              <Money of={total} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
