import { Button } from "@mantine/core";
import { useState } from "react";
import { useUser } from "../../api/auth.ts";
import { usePost } from "../../api/queries.ts";
import { useText } from "../../i18n/text.ts";
import { FormDialog } from "../../ui/form-dialog.tsx";
import { Stack } from "../../ui/panel.tsx";
import { AuthenticatorDialog } from "./authenticator-dialog.tsx";
import { usePasswordAgain } from "./password-again.tsx";
import { ownTouches } from "./touches.ts";

/** Whether an authenticator app is asked at sign-in; set up or taken away. */
export function Authenticator() {
  const { t } = useText();
  const { totp } = useUser();
  const [open, setOpen] = useState<"set up" | "remove">();
  const close = (): void => setOpen(undefined);
  return (
    <Stack>
      <p>{t(totp ? "account.app_on" : "account.app_off")}</p>
      <div>
        {totp ? (
          <Button variant="light" color="red" onClick={() => setOpen("remove")}>
            {t("account.app_remove")}
          </Button>
        ) : (
          <Button variant="light" onClick={() => setOpen("set up")}>
            {t("account.app_set_up")}
          </Button>
        )}
      </div>
      {open === "set up" && <AuthenticatorDialog onClose={close} />}
      {open === "remove" && <RemoveDialog onClose={close} />}
    </Stack>
  );
}

function RemoveDialog({ onClose }: { readonly onClose: () => void }) {
  const { t } = useText();
  const remove = usePost("POST /auth/v1/totp/remove", { touches: ownTouches, onDone: onClose });
  const again = usePasswordAgain(remove.error);
  return (
    <FormDialog
      title={t("account.app_remove")}
      onClose={onClose}
      onSubmit={() => remove.mutate({ body: again.body })}
      submit={t("account.app_remove")}
      work={{ isPending: remove.isPending, error: again.error }}
    >
      <p>{t("account.app_remove_text")}</p>
      {again.field}
    </FormDialog>
  );
}
