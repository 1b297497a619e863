import { Button, TextInput } from "@mantine/core";
import { useState } from "react";
import { useMay } from "../../api/auth.ts";
import type { Item } from "../../api/client.ts";
import { usePost } from "../../api/queries.ts";
import { useRows } from "../../api/rows.ts";
import { useText } from "../../i18n/text.ts";
import type { Column } from "../../ui/data-table.tsx";
import { FormDialog } from "../../ui/form-dialog.tsx";
import { ListTable } from "../../ui/list-table.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { SecretOnce } from "../../ui/secret-once.tsx";
import { EmptyState } from "../../ui/states.tsx";
import { When } from "../../ui/values.tsx";

type Webhook = Item<"GET /admin/v1/webhooks">;

/** Addresses of the team that are told of billing events. A row switches one on or off. */
export function WebhooksPage() {
  const { t, format } = useText();
  const may = useMay();
  const list = useRows("GET /admin/v1/webhooks", {});
  const [isNew, setIsNew] = useState(false);
  const turn = usePost("POST /admin/v1/webhooks/{id}/switch", { touches: ["GET /admin/v1/webhooks"] });
  const columns: readonly Column<Webhook>[] = [
    { key: "url", title: t("settings.address"), cell: ({ url }) => url, room: 3 },
    {
      key: "kinds",
      title: t("settings.events"),
      cell: ({ kinds }) => format.number(kinds.length),
      align: "right",
      priority: 2,
    },
    { key: "on", title: t("settings.on"), cell: ({ enabled }) => t(enabled ? "answer.yes" : "answer.no") },
    { key: "created", title: t("field.created"), cell: (row) => <When ms={row.created_at_ms} />, priority: 2 },
  ];
  const canChange = may("settings", "write");
  return (
    <>
      <PageHeader title={t("settings.webhooks")} text={t("settings.webhooks_text")}>
        {canChange && <Button onClick={() => setIsNew(true)}>{t("settings.new_webhook")}</Button>}
      </PageHeader>
      <ListTable
        label={t("settings.webhooks")}
        list={list}
        columns={columns}
        {...(canChange
          ? { onOpen: ({ id, enabled }: Webhook) => turn.mutate({ params: { id }, body: { enabled: !enabled } }) }
          : {})}
        empty={<EmptyState icon="endpoints" title={t("settings.no_webhooks")} />}
      />
      {isNew && <NewWebhook onClose={() => setIsNew(false)} />}
    </>
  );
}

function NewWebhook({ onClose }: { readonly onClose: () => void }) {
  const { t } = useText();
  const [url, setUrl] = useState("https://");
  const create = usePost("POST /admin/v1/webhooks", { touches: ["GET /admin/v1/webhooks"] });
  const secret = create.data?.secret;
  return (
    <FormDialog
      title={t("settings.new_webhook")}
      onClose={onClose}
      onSubmit={() => (secret ? onClose() : create.mutate({ body: { url } }))}
      submit={t(secret ? "action.done" : "action.create")}
      work={create}
    >
      {secret ? (
        <SecretOnce text={t("settings.webhook_secret")} secret={secret} />
      ) : (
        <TextInput
          label={t("settings.address")}
          type="url"
          required
          data-autofocus
          value={url}
          onChange={(event) => setUrl(event.currentTarget.value.trim())}
        />
      )}
    </FormDialog>
  );
}
