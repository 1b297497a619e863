import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { call } from "../../api/client.ts";
import { hasPasskeys, makePasskey } from "../../api/passkeys.ts";
import { refresh, useGet, usePost } from "../../api/queries.ts";
import type { Passkey } from "../../api/schema.gen.ts";
import { useText } from "../../i18n/text.ts";
import { ConfirmButton } from "../../ui/confirm-button.tsx";
import { FormDialog } from "../../ui/form-dialog.tsx";
import { NameField } from "../../ui/name-field.tsx";
import { Panel, Stack } from "../../ui/panel.tsx";
import { ErrorState, Loading } from "../../ui/states.tsx";
import { When } from "../../ui/values.tsx";
import styles from "./account.module.css";
import { usePasswordAgain } from "./password-again.tsx";
import { ownTouches } from "./touches.ts";

/** Keys in one's devices that sign one in without a password. */
export function Passkeys() {
  const { t } = useText();
  const { data, error, refetch } = useGet("GET /auth/v1/passkeys", {});
  const [isNew, setIsNew] = useState(false);
  const add = hasPasskeys() && (
    <Button variant="light" size="xs" onClick={() => setIsNew(true)}>
      {t("account.new_passkey")}
    </Button>
  );
  return (
    <Panel title={t("account.passkeys")} actions={add}>
      <Stack>
        <p>{t(hasPasskeys() ? "account.passkeys_text" : "account.no_passkeys_here")}</p>
        {!data && (error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Loading />)}
        {data && data.data.length > 0 && (
          <ul className={styles["rows"]}>
            {data.data.map((passkey) => (
              <OnePasskey key={passkey.id} of={passkey} />
            ))}
          </ul>
        )}
      </Stack>
      {isNew && <NewPasskey onClose={() => setIsNew(false)} />}
    </Panel>
  );
}

function OnePasskey({ of }: { readonly of: Passkey }) {
  const { t } = useText();
  const remove = usePost("POST /auth/v1/passkeys/{id}/remove", { touches: ownTouches });
  return (
    <li>
      <span>
        {of.name}
        <small>
          {of.last_used_at_ms === null ? (
            t("account.never_used")
          ) : (
            <>
              {t("account.last_used")} <When ms={of.last_used_at_ms} />
            </>
          )}
        </small>
      </span>
      <ConfirmButton
        size="compact-xs"
        color="red"
        label={t("account.remove")}
        question={t("account.remove_passkey", { name: of.name })}
        onConfirm={() => remove.mutateAsync({ params: { id: of.id } })}
        isPending={remove.isPending}
        error={remove.error}
      />
    </li>
  );
}

function NewPasskey({ onClose }: { readonly onClose: () => void }) {
  const { t } = useText();
  const client = useQueryClient();
  const [name, setName] = useState("");
  const make = useMutation({
    async mutationFn(body: { readonly password?: string }) {
      const { options } = await call("POST /auth/v1/passkeys/register/options", { body });
      const response = await makePasskey(options);
      return call("POST /auth/v1/passkeys/register", { body: { name, response } });
    },
    async onSuccess() {
      await refresh(client, ownTouches);
      onClose();
    },
  });
  const again = usePasswordAgain(make.error);
  return (
    <FormDialog
      title={t("account.new_passkey")}
      onClose={onClose}
      onSubmit={() => make.mutate(again.body)}
      submit={t("account.continue")}
      work={{ isPending: make.isPending, error: again.error }}
    >
      <NameField value={name} onChange={setName} description={t("account.passkey_name_hint")} />
      {again.field}
    </FormDialog>
  );
}
