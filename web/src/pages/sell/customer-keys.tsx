import { Button } from "@mantine/core";
import { useState } from "react";
import { useMay } from "../../api/auth.ts";
import { useGet, usePost } from "../../api/queries.ts";
import { useText } from "../../i18n/text.ts";
import { ConfirmButton } from "../../ui/confirm-button.tsx";
import { Facts } from "../../ui/facts.tsx";
import { FormDialog } from "../../ui/form-dialog.tsx";
import { NameField } from "../../ui/name-field.tsx";
import { Stack } from "../../ui/panel.tsx";
import { SecretOnce } from "../../ui/secret-once.tsx";
import { Loading } from "../../ui/states.tsx";
import { When } from "../../ui/values.tsx";

/** A customer's keys. A new one's secret is shown once. */
export function Keys({ customer }: { readonly customer: string }) {
  const { t } = useText();
  const may = useMay();
  const [isNew, setIsNew] = useState(false);
  const { data } = useGet("GET /admin/v1/customers/{id}/keys", { params: { id: customer }, query: { limit: 100 } });
  const revoke = usePost("POST /admin/v1/customers/{id}/keys/{key}/revoke", {
    touches: ["GET /admin/v1/customers/{id}/keys"],
  });
  if (!data) return <Loading />;
  return (
    <Stack>
      {data.data.length === 0 && <p>{t("sell.no_keys")}</p>}
      <Facts
        rows={data.data.map((key) => [
          `${key.name} …${key.last_four}`,
          key.revoked_at_ms === null ? (
            may("sell", "write") && (
              <ConfirmButton
                key={key.id}
                label={t("sell.revoke")}
                color="red"
                size="compact-xs"
                question={t("sell.revoke_question", { name: key.name })}
                onConfirm={() => revoke.mutateAsync({ params: { id: customer, key: key.id } })}
                isPending={revoke.isPending}
                error={revoke.error}
              />
            )
          ) : (
            <span key={key.id}>
              {t("sell.revoked")} <When ms={key.revoked_at_ms} />
            </span>
          ),
        ])}
      />
      {may("sell", "write") && (
        <div>
          <Button variant="light" onClick={() => setIsNew(true)}>
            {t("sell.new_key")}
          </Button>
        </div>
      )}
      {isNew && <NewKey customer={customer} onClose={() => setIsNew(false)} />}
    </Stack>
  );
}

function NewKey({ customer, onClose }: { readonly customer: string; readonly onClose: () => void }) {
  const { t } = useText();
  const [name, setName] = useState("server");
  const create = usePost("POST /admin/v1/customers/{id}/keys", { touches: ["GET /admin/v1/customers/{id}/keys"] });
  const secret = create.data?.secret;
  return (
    <FormDialog
      title={t("sell.new_key")}
      onClose={onClose}
      onSubmit={() => (secret ? onClose() : create.mutate({ params: { id: customer }, body: { name } }))}
      submit={t(secret ? "action.done" : "action.create")}
      work={create}
    >
      {secret ? (
        <SecretOnce text={t("sell.secret_once")} secret={secret} />
      ) : (
        <NameField value={name} onChange={setName} />
      )}
    </FormDialog>
  );
}
