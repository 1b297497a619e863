import { NativeSelect } from "@mantine/core";
import { useCallback } from "react";
import { useMay } from "../../api/auth.ts";
import { useGet, useList } from "../../api/queries.ts";
import type { UsageSearch } from "../../app/routes/sell.ts";
import { useText } from "../../i18n/text.ts";
import { spanOf, spans } from "./usage-filter.ts";
import styles from "./sell.module.css";

interface FiltersProps {
  readonly wanted: UsageSearch;
  readonly units: readonly string[];
  readonly onChange: (change: UsageSearch) => void;
}

/** Of which time, of whom, of what. */
export function UsageFilters({ wanted, units, onChange }: FiltersProps) {
  const { t, word } = useText();
  const { customers, products, models } = useNamed();
  const keys = useGet(
    "GET /admin/v1/customers/{id}/keys",
    { params: { id: wanted.customer ?? "" } },
    { enabled: wanted.customer !== undefined },
  );
  const select = (name: keyof UsageSearch, all: string, options: readonly Named[]) => {
    const value = wanted[name] ?? "";
    const isKnown = value === "" || options.some(({ id }) => id === value);
    const shown = isKnown ? options : [...options, { id: value, name: value }];
    return (
      <NativeSelect
        aria-label={t(`usage.by_${name}`)}
        data={[{ value: "", label: all }, ...shown.map((each) => ({ value: each.id, label: each.name }))]}
        value={value}
        onChange={(event) =>
          onChange({ [name]: event.currentTarget.value, ...(name === "customer" ? { key: undefined } : {}) })
        }
      />
    );
  };
  return (
    <div className={styles["filters"]}>
      <NativeSelect
        aria-label={t("usage.by_span")}
        data={spans.map((value) => ({ value, label: t(`usage.span_${value}`) }))}
        value={spanOf(wanted)}
        onChange={(event) => onChange({ span: event.currentTarget.value })}
      />
      {select("customer", t("usage.any_customer"), customers)}
      {wanted.customer &&
        select(
          "key",
          t("usage.any_key"),
          (keys.data?.data ?? []).map(({ id, name }) => ({ id, name })),
        )}
      {select("product", t("usage.any_product"), products)}
      {models.length > 0 && select("model", t("usage.any_model"), models)}
      {select(
        "unit",
        t("usage.any_unit"),
        units.map((id) => ({ id, name: word("unit", id) })),
      )}
    </div>
  );
}

interface Named {
  readonly id: string;
  readonly name: string;
}

/** The newest hundred of each: what is not among them is shown by its id. */
function useNamed() {
  const may = useMay();
  const customers = useList("GET /admin/v1/customers", {});
  const products = useList("GET /admin/v1/products", {});
  const models = useList("GET /admin/v1/models", {}, { enabled: may("models") });
  return { customers: customers.items, products: products.items, models: models.items };
}

/** The name of a customer, a product or a model. */
export function useNames(): (id: string) => string {
  const { customers, products, models } = useNamed();
  return useCallback(
    (id) => [customers, products, models].flat().find((each: Named) => each.id === id)?.name ?? id,
    [customers, products, models],
  );
}
