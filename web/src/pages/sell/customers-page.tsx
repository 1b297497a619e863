import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useMay } from "../../api/auth.ts";
import { usePost } from "../../api/queries.ts";
import { useRows } from "../../api/rows.ts";
import type { Customer } from "../../api/schema.gen.ts";
import { useText } from "../../i18n/text.ts";
import type { Column } from "../../ui/data-table.tsx";
import { FormDialog } from "../../ui/form-dialog.tsx";
import { NameField } from "../../ui/name-field.tsx";
import { ListTable } from "../../ui/list-table.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { EmptyState } from "../../ui/states.tsx";
import { When } from "../../ui/values.tsx";

/** Who pays. A row opens the customer. */
export function CustomersPage() {
  const { t, word } = useText();
  const may = useMay();
  const navigate = useNavigate();
  const list = useRows("GET /admin/v1/customers", {});
  const [opened, { open, close }] = useDisclosure(false);
  const columns: readonly Column<Customer>[] = [
    { key: "name", title: t("field.name"), cell: ({ name }) => name, room: 2 },
    { key: "terms", title: t("sell.terms"), cell: ({ terms }) => word("terms", terms), priority: 2 },
    { key: "currency", title: t("sell.currency"), cell: ({ currency }) => currency.toUpperCase(), priority: 2 },
    {
      key: "data",
      title: t("sell.data_use"),
      cell: ({ data_use }) => t(data_use === "improve" ? "answer.yes" : "answer.no"),
      priority: 3,
    },
    { key: "created", title: t("field.created"), cell: (row) => <When ms={row.created_at_ms} /> },
  ];
  return (
    <>
      <PageHeader title={t("sell.customers")} text={t("sell.customers_text")}>
        {may("sell", "write") && <Button onClick={open}>{t("sell.new_customer")}</Button>}
      </PageHeader>
      <ListTable
        label={t("sell.customers")}
        list={list}
        columns={columns}
        onOpen={({ id }) => void navigate({ to: "/sell/customers/$id", params: { id } })}
        empty={<EmptyState icon="user" title={t("sell.no_customers")} text={t("sell.no_customers_hint")} />}
      />
      {opened && <NewCustomer onClose={close} />}
    </>
  );
}

function NewCustomer({ onClose }: { readonly onClose: () => void }) {
  const { t, word } = useText();
  const [name, setName] = useState("");
  const [kind, setKind] = useState<"prepaid" | "postpaid">("prepaid");
  const [limit, setLimit] = useState("500.00");
  const create = usePost("POST /admin/v1/customers", { touches: ["GET /admin/v1/customers"], onDone: onClose });
  const terms = kind === "prepaid" ? { kind } : { kind, credit_limit: limit };
  return (
    <FormDialog
      title={t("sell.new_customer")}
      onClose={onClose}
      onSubmit={() => create.mutate({ body: { name, terms } })}
      work={create}
    >
      <NameField value={name} onChange={setName} />
      <NativeSelect
        label={t("sell.terms")}
        data={[
          { value: "prepaid", label: word("terms", "prepaid") },
          { value: "postpaid", label: word("terms", "postpaid") },
        ]}
        value={kind}
        onChange={(event) => setKind(event.currentTarget.value === "postpaid" ? "postpaid" : "prepaid")}
      />
      {kind === "postpaid" && (
        <TextInput
          label={t("sell.credit_limit")}
          inputMode="decimal"
          value={limit}
          onChange={(event) => setLimit(event.currentTarget.value)}
        />
      )}
    </FormDialog>
  );
}
