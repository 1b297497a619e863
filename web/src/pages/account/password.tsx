import { Button } from "@mantine/core";
import { useState } from "react";
import { useUser } from "../../api/auth.ts";
import { usePost } from "../../api/queries.ts";
import { useText } from "../../i18n/text.ts";
import { FormError } from "../../ui/form-error.tsx";
import { Stack } from "../../ui/panel.tsx";
import { useToast } from "../../ui/toasts.tsx";
import { PasswordField } from "../../ui/password-field.tsx";
import { ownTouches } from "./touches.ts";

/** Another password; every other session ends with the old one. */
export function Password() {
  const { t } = useText();
  const user = useUser();
  const toast = useToast();
  const [old, setOld] = useState("");
  const [next, setNext] = useState("");
  const change = usePost("POST /auth/v1/password", {
    touches: ownTouches,
    onDone() {
      setOld("");
      setNext("");
      toast(t("settings.saved"));
    },
  });
  if (user.email === null) return <p>{t("account.no_email")}</p>;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        change.mutate({ body: { ...(old ? { old } : {}), new: next } });
      }}
    >
      <Stack>
        {user.password && (
          <PasswordField
            label={t("account.old_password")}
            autoComplete="current-password"
            required
            value={old}
            onChange={setOld}
          />
        )}
        <PasswordField
          label={t("account.new_password")}
          description={t("account.new_password_hint")}
          autoComplete="new-password"
          required
          value={next}
          onChange={setNext}
        />
        <FormError error={change.error} />
        <div>
          <Button type="submit" loading={change.isPending}>
            {t("action.save")}
          </Button>
        </div>
      </Stack>
    </form>
  );
}
