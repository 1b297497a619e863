import { Button, Modal, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useState } from "react";
import type { Item } from "../api/client.ts";
import { useList, usePost } from "../api/queries.ts";
import { type Speech, useText } from "../i18n/text.ts";
import { ConfirmButton } from "../ui/confirm-button.tsx";
import { type Column, DataTable } from "../ui/data-table.tsx";
import { FormDialog } from "../ui/form-dialog.tsx";
import { PageHeader } from "../ui/page-header.tsx";
import { Stack } from "../ui/panel.tsx";
import { EmptyState, ErrorState } from "../ui/states.tsx";
import { When } from "../ui/values.tsx";
import styles from "./realm-frame.module.css";

type Key = Item<"GET /portal/v1/keys">;
const touches = ["GET /portal/v1/keys"];

/** A customer's keys: made, given a new secret, revoked. A secret is shown once. */
export function KeysPage() {
  const { t } = useText();
  const keys = useList("GET /portal/v1/keys", {});
  const [secret, setSecret] = useState("");
  const [making, making_] = useDisclosure(false);
  if (keys.error) return <ErrorState error={keys.error} onRetry={() => void keys.refetch()} />;
  return (
    <Stack>
      <PageHeader title={t("portal.keys")}>
        <Button onClick={making_.open}>{t("portal.new_key")}</Button>
      </PageHeader>
      <DataTable
        label={t("portal.keys")}
        columns={keyColumns(t, setSecret)}
        rows={keys.items}
        rowKey={({ id }) => id}
        isLoading={keys.isLoading}
        hasMore={keys.hasNextPage}
        isLoadingMore={keys.isFetchingNextPage}
        onMore={() => void keys.fetchNextPage()}
        empty={<EmptyState icon="key" title={t("portal.no_keys")} text={t("portal.no_keys_hint")} />}
      />
      <NewKey opened={making} onClose={making_.close} onSecret={setSecret} />
      <SecretOnce secret={secret} onClose={() => setSecret("")} />
    </Stack>
  );
}

function Used({ of }: { readonly of: Key }) {
  const { t, format } = useText();
  const used = format.number(of.used_units);
  return <>{of.quota_units === null ? used : t("portal.key_quota", { used, quota: format.number(of.quota_units) })}</>;
}

interface Making {
  readonly onSecret: (secret: string) => void;
}

function Actions({ of, onSecret }: Making & { readonly of: Key }) {
  const { t } = useText();
  const rotate = usePost("POST /portal/v1/keys/{id}/rotate", { touches, onDone: ({ secret }) => onSecret(secret) });
  const revoke = usePost("POST /portal/v1/keys/{id}/revoke", { touches });
  if (of.revoked_at_ms !== null) return <>{t("portal.revoked")}</>;
  const input = { params: { id: of.id } };
  return (
    <Button.Group>
      <ConfirmButton
        size="compact-xs"
        label={t("portal.rotate")}
        question={t("portal.rotate_question")}
        onConfirm={() => rotate.mutateAsync(input)}
        isPending={rotate.isPending}
        error={rotate.error}
      />
      <ConfirmButton
        size="compact-xs"
        color="red"
        label={t("portal.revoke")}
        question={t("portal.revoke_question", { name: of.name })}
        onConfirm={() => revoke.mutateAsync(input)}
        isPending={revoke.isPending}
        error={revoke.error}
      />
    </Button.Group>
  );
}

function NewKey({ opened, onClose, onSecret }: Making & { readonly opened: boolean; readonly onClose: () => void }) {
  const { t } = useText();
  const [name, setName] = useState("");
  const make = usePost("POST /portal/v1/keys", {
    touches,
    onDone({ secret }) {
      onClose();
      setName("");
      onSecret(secret);
    },
  });
  return (
    <FormDialog
      title={t("portal.new_key")}
      opened={opened}
      onClose={onClose}
      onSubmit={() => make.mutate({ body: { name } })}
      submit={t("portal.make_key")}
      work={make}
    >
      <TextInput
        label={t("portal.key_name")}
        required
        data-autofocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
    </FormDialog>
  );
}

function SecretOnce({ secret, onClose }: { readonly secret: string; readonly onClose: () => void }) {
  const { t } = useText();
  return (
    <Modal
      opened={secret !== ""}
      onClose={onClose}
      closeOnClickOutside={false}
      title={t("portal.secret")}
      closeButtonProps={{ "aria-label": t("action.close") }}
    >
      <Stack>
        <p>{t("portal.secret_hint")}</p>
        <code className={styles["secret"]}>{secret}</code>
        <Button onClick={onClose}>{t("portal.secret_done")}</Button>
      </Stack>
    </Modal>
  );
}

const keyColumns = (t: Speech["t"], onSecret: Making["onSecret"]): readonly Column<Key>[] => [
  { key: "name", title: t("portal.key_name"), cell: (key) => key.name, room: 2 },
  { key: "end", title: t("portal.key_end"), cell: (key) => <code>…{key.last_four}</code>, priority: 2 },
  { key: "used", title: t("portal.key_used"), cell: (key) => <Used of={key} />, align: "right", priority: 2 },
  { key: "made", title: t("portal.made"), cell: (key) => <When ms={key.created_at_ms} />, priority: 3 },
  { key: "do", title: t("portal.column_actions"), cell: (key) => <Actions of={key} onSecret={onSecret} />, room: 2 },
];
