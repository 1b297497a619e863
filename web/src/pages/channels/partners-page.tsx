import { Button, NumberInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useMay } from "../../api/auth.ts";
import { usePost } from "../../api/queries.ts";
import { useRows } from "../../api/rows.ts";
import type { Partner } from "../../api/schema.gen.ts";
import { useText } from "../../i18n/text.ts";
import type { Column } from "../../ui/data-table.tsx";
import { FormDialog } from "../../ui/form-dialog.tsx";
import { NameField } from "../../ui/name-field.tsx";
import { ListTable } from "../../ui/list-table.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { EmptyState } from "../../ui/states.tsx";
import { When } from "../../ui/values.tsx";

/** Who brings customers, and for what share. A row opens the partner. */
export function PartnersPage() {
  const { t, word, format } = useText();
  const may = useMay();
  const list = useRows("GET /admin/v1/partners", {});
  const [isNew, setIsNew] = useState(false);
  const navigate = useNavigate();
  const columns: readonly Column<Partner>[] = [
    { key: "name", title: t("field.name"), cell: ({ name }) => name, room: 2 },
    { key: "channel", title: t("channels.channel"), cell: ({ channel }) => word("channel", channel), priority: 2 },
    {
      key: "commission",
      title: t("channels.commission"),
      cell: ({ commission_basis_points: points }) => format.percent(points / 10_000, 2),
      align: "right",
    },
    { key: "created", title: t("field.created"), cell: (row) => <When ms={row.created_at_ms} />, priority: 2 },
  ];
  const canChange = may("channels", "write");
  return (
    <>
      <PageHeader title={t("channels.partners")} text={t("channels.partners_text")}>
        {canChange && <Button onClick={() => setIsNew(true)}>{t("channels.new_partner")}</Button>}
      </PageHeader>
      <ListTable
        label={t("channels.partners")}
        list={list}
        columns={columns}
        onOpen={({ id }) => void navigate({ to: "/channels/partners/$id", params: { id } })}
        empty={<EmptyState icon="channels" title={t("channels.no_partners")} text={t("channels.no_partners_hint")} />}
      />
      {isNew && <NewPartner onClose={() => setIsNew(false)} />}
    </>
  );
}

function NewPartner({ onClose }: { readonly onClose: () => void }) {
  const { t } = useText();
  const [name, setName] = useState("");
  const [percent, setPercent] = useState<number | string>(15);
  const create = usePost("POST /admin/v1/partners", { touches: ["GET /admin/v1/partners"], onDone: onClose });
  const commission_basis_points = Math.round(Number(percent) * 100);
  return (
    <FormDialog
      title={t("channels.new_partner")}
      onClose={onClose}
      onSubmit={() => create.mutate({ body: { name, commission_basis_points } })}
      work={create}
    >
      <NameField value={name} onChange={setName} />
      <NumberInput
        label={t("channels.commission_percent")}
        required
        min={0}
        max={100}
        decimalScale={2}
        hideControls
        value={percent}
        onChange={setPercent}
      />
    </FormDialog>
  );
}
