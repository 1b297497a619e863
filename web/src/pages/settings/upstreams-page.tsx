import { Button, TextInput } from "@mantine/core";
import { useState } from "react";
import { useMay } from "../../api/auth.ts";
import { usePost } from "../../api/queries.ts";
import { useRows } from "../../api/rows.ts";
import type { Upstream } from "../../api/schema.gen.ts";
import { useText } from "../../i18n/text.ts";
import type { Column } from "../../ui/data-table.tsx";
import { FormDialog } from "../../ui/form-dialog.tsx";
import { NameField } from "../../ui/name-field.tsx";
import { ListTable } from "../../ui/list-table.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { EmptyState } from "../../ui/states.tsx";
import { useToast } from "../../ui/toasts.tsx";
import { PasswordField } from "../../ui/password-field.tsx";

/** Servers that answer in our place. A row asks one for its models, with its secret. */
export function UpstreamsPage() {
  const { t, format } = useText();
  const may = useMay();
  const toast = useToast();
  const list = useRows("GET /admin/v1/upstreams", {});
  const [isNew, setIsNew] = useState(false);
  const check = usePost("POST /admin/v1/upstreams/{id}/check", {
    onDone: ({ state, reason }) =>
      state === "well" ? toast(t("settings.upstream_well")) : toast(reason ?? t("settings.upstream_ill"), "bad"),
  });
  const columns: readonly Column<Upstream>[] = [
    { key: "name", title: t("field.name"), cell: ({ name }) => name },
    { key: "url", title: t("settings.address"), cell: ({ base_url }) => base_url, room: 2, priority: 2 },
    { key: "models", title: t("settings.models"), cell: ({ models }) => format.number(models.length), align: "right" },
    { key: "on", title: t("settings.on"), cell: ({ enabled }) => t(enabled ? "answer.yes" : "answer.no"), priority: 2 },
  ];
  const canChange = may("settings", "write");
  return (
    <>
      <PageHeader title={t("settings.upstreams")} text={t("settings.upstreams_text")}>
        {canChange && <Button onClick={() => setIsNew(true)}>{t("settings.new_upstream")}</Button>}
      </PageHeader>
      <ListTable
        label={t("settings.upstreams")}
        list={list}
        columns={columns}
        {...(canChange ? { onOpen: ({ id }: Upstream) => check.mutate({ params: { id } }) } : {})}
        empty={
          <EmptyState icon="endpoints" title={t("settings.no_upstreams")} text={t("settings.no_upstreams_hint")} />
        }
      />
      {isNew && <NewUpstream onClose={() => setIsNew(false)} />}
    </>
  );
}

function NewUpstream({ onClose }: { readonly onClose: () => void }) {
  const { t } = useText();
  const [name, setName] = useState("");
  const [base_url, setUrl] = useState("");
  const [secret, setSecret] = useState("");
  const create = usePost("POST /admin/v1/upstreams", { touches: ["GET /admin/v1/upstreams"], onDone: onClose });
  return (
    <FormDialog
      title={t("settings.new_upstream")}
      onClose={onClose}
      onSubmit={() => create.mutate({ body: { name, base_url, ...(secret ? { secret } : {}) } })}
      work={create}
    >
      <NameField value={name} onChange={setName} />
      <TextInput
        label={t("settings.address")}
        type="url"
        required
        value={base_url}
        onChange={(event) => setUrl(event.currentTarget.value.trim())}
      />
      <PasswordField label={t("settings.secret")} autoComplete="off" value={secret} onChange={setSecret} />
    </FormDialog>
  );
}
