import { Checkbox, NativeSelect } from "@mantine/core";
import { useState } from "react";
import { usePost } from "../../api/queries.ts";
import type { Product } from "../../api/schema.gen.ts";
import { useText } from "../../i18n/text.ts";
import { FormDialog } from "../../ui/form-dialog.tsx";
import { NameField } from "../../ui/name-field.tsx";
import { Columns } from "../../ui/panel.tsx";
import { PriceFields, bodyOf, emptyPrice } from "./price-fields.tsx";
import { PricePreview } from "./price-preview.tsx";

const currencies = ["usd", "eur", "gbp", "cny", "jpy"] as const;

/** A plan with its first prices, and beside them what they come to. */
export function NewPlan({
  products,
  onClose,
}: {
  readonly products: readonly Product[];
  readonly onClose: () => void;
}) {
  const { t } = useText();
  const [name, setName] = useState("");
  const [product, setProduct] = useState(products[0]?.id ?? "");
  const [currency, setCurrency] = useState<(typeof currencies)[number]>("usd");
  const [offered, setOffered] = useState(true);
  const [price, setPrice] = useState(emptyPrice);
  const create = usePost("POST /admin/v1/plans", { touches: ["GET /admin/v1/plans"], onDone: onClose });
  const submit = (): void => {
    const body = bodyOf(price);
    if (body) create.mutate({ body: { name, product, currency, offered, ...body } });
  };
  return (
    <FormDialog title={t("sell.new_plan")} onClose={onClose} onSubmit={submit} work={create} size="lg">
      <Columns min={240}>
        <NameField value={name} onChange={setName} />
        <NativeSelect
          label={t("sell.product")}
          data={products.map(({ id, name: label }) => ({ value: id, label }))}
          value={product}
          onChange={(event) => setProduct(event.currentTarget.value)}
        />
        <NativeSelect
          label={t("sell.currency")}
          data={currencies.map((value) => ({ value, label: value.toUpperCase() }))}
          value={currency}
          onChange={(event) => setCurrency(currencies.find((each) => each === event.currentTarget.value) ?? "usd")}
        />
      </Columns>
      <PriceFields draft={price} onChange={setPrice} />
      <Checkbox
        label={t("sell.offered_label")}
        checked={offered}
        onChange={(event) => setOffered(event.currentTarget.checked)}
      />
      <PricePreview draft={price} currency={currency} />
    </FormDialog>
  );
}
