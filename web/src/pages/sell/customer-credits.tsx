import { Button, MultiSelect, TextInput } from "@mantine/core";
import { useState } from "react";
import { useMay } from "../../api/auth.ts";
import { useGet, useList, usePost } from "../../api/queries.ts";
import { useText } from "../../i18n/text.ts";
import { FormDialog } from "../../ui/form-dialog.tsx";
import { Grants } from "../../ui/grants.tsx";
import { Stack } from "../../ui/panel.tsx";
import { Loading } from "../../ui/states.tsx";

/** What a prepaid balance is made of, in the order in which it burns. */
export function Credits({ customer }: { readonly customer: string }) {
  const { t } = useText();
  const may = useMay();
  const [isNew, setIsNew] = useState(false);
  const { data } = useGet("GET /admin/v1/customers/{id}/credits", { params: { id: customer } });
  if (!data) return <Loading />;
  return (
    <Stack>
      {data.data.length === 0 && <p>{t("sell.no_credits")}</p>}
      <Grants grants={data.data} />
      {may("money", "write") && (
        <div>
          <Button variant="light" onClick={() => setIsNew(true)}>
            {t("sell.give_credit")}
          </Button>
        </div>
      )}
      {isNew && <GiveCredit customer={customer} onClose={() => setIsNew(false)} />}
    </Stack>
  );
}

function GiveCredit({ customer, onClose }: { readonly customer: string; readonly onClose: () => void }) {
  const { t } = useText();
  const [amount, setAmount] = useState("10.00");
  const [source, setSource] = useState("");
  const [products, setProducts] = useState<string[]>([]);
  const known = useList("GET /admin/v1/products", {});
  const give = usePost("POST /admin/v1/customers/{id}/credits", {
    touches: ["GET /admin/v1/customers/{id}/credits"],
    onDone: onClose,
  });
  return (
    <FormDialog
      title={t("sell.give_credit")}
      onClose={onClose}
      onSubmit={() =>
        give.mutate({
          params: { id: customer },
          body: { amount, source, ...(products.length > 0 ? { products } : {}) },
        })
      }
      submit={t("sell.give_credit")}
      work={give}
    >
      <TextInput
        label={t("sell.amount")}
        inputMode="decimal"
        required
        data-autofocus
        value={amount}
        onChange={(event) => setAmount(event.currentTarget.value.trim())}
      />
      <TextInput
        label={t("sell.source")}
        required
        value={source}
        onChange={(event) => setSource(event.currentTarget.value)}
      />
      <MultiSelect
        label={t("sell.kept_to")}
        description={t("sell.kept_to_hint")}
        data={known.items.map(({ id, name }) => ({ value: id, label: name }))}
        value={products}
        onChange={setProducts}
        clearable
      />
    </FormDialog>
  );
}
