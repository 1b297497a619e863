import { Button, CopyButton, Group, Modal, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { refresh, usePost } from "../../api/queries.ts";
import { useText } from "../../i18n/text.ts";
import { FormDialog } from "../../ui/form-dialog.tsx";
import { Stack } from "../../ui/panel.tsx";
import { SecretOnce } from "../../ui/secret-once.tsx";
import styles from "./account.module.css";
import { usePasswordAgain } from "./password-again.tsx";
import { QrCode } from "./qr-code.tsx";
import { ownTouches } from "./touches.ts";

/** An authenticator app in three steps: why, its secret with a first code, and the recovery codes, shown once. */
export function AuthenticatorDialog({ onClose }: { readonly onClose: () => void }) {
  const { t } = useText();
  const client = useQueryClient();
  const [code, setCode] = useState("");
  const start = usePost("POST /auth/v1/totp/start");
  const confirm = usePost("POST /auth/v1/totp/confirm");
  const again = usePasswordAgain(start.error);
  if (confirm.data) {
    const done = (): void => {
      onClose();
      void refresh(client, ownTouches);
    };
    return <RecoveryCodes codes={confirm.data.codes} onDone={done} />;
  }
  const submit = (): void => {
    if (start.data) confirm.mutate({ body: { code: code.replace(/\s/g, "") } });
    else start.mutate({ body: again.body });
  };
  return (
    <FormDialog
      title={t("account.app_set_up")}
      onClose={onClose}
      onSubmit={submit}
      submit={t(start.data ? "account.app_confirm" : "account.continue")}
      work={{ isPending: start.isPending || confirm.isPending, error: start.data ? confirm.error : again.error }}
    >
      {start.data ? (
        <>
          <p>{t("account.app_scan")}</p>
          <QrCode text={start.data.otpauth_url} label={t("account.app_qr")} />
          <SecretOnce text={t("account.app_secret")} secret={start.data.secret} />
          <TextInput
            label={t("door.code")}
            description={t("account.app_code_hint")}
            inputMode="numeric"
            autoComplete="one-time-code"
            required
            autoFocus
            value={code}
            onChange={(event) => setCode(event.currentTarget.value)}
          />
        </>
      ) : (
        <>
          <p>{t("account.app_why")}</p>
          {again.field}
        </>
      )}
    </FormDialog>
  );
}

/** They stay until one says that one has kept them: no click beside the dialog loses them. */
function RecoveryCodes({ codes, onDone }: { readonly codes: readonly string[]; readonly onDone: () => void }) {
  const { t } = useText();
  return (
    <Modal
      opened
      onClose={onDone}
      title={t("account.recovery")}
      withCloseButton={false}
      closeOnClickOutside={false}
      closeOnEscape={false}
    >
      <Stack>
        <p>{t("account.recovery_text")}</p>
        <ul className={styles["codes"]}>
          {codes.map((code) => (
            <li key={code}>{code}</li>
          ))}
        </ul>
        <Group justify="flex-end">
          <CopyButton value={codes.join("\n")}>
            {({ copied, copy }) => (
              <Button variant="light" onClick={copy}>
                {t(copied ? "action.copied" : "action.copy")}
              </Button>
            )}
          </CopyButton>
          <Button onClick={onDone}>{t("account.recovery_kept")}</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
