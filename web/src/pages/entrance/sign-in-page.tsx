import { Button, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useForgetEverything } from "../../api/auth.ts";
import { ApiError, call } from "../../api/client.ts";
import { hasPasskeys, signWithPasskey } from "../../api/passkeys.ts";
import { useText } from "../../i18n/text.ts";
import { FormError } from "../../ui/form-error.tsx";
import { PasswordField } from "../../ui/password-field.tsx";
import { Door } from "./door.tsx";

/** Password, then the code of an authenticator when the account has one; or a passkey, which is both. The address stays, so one comes back to it. */
export function SignInPage() {
  const { t } = useText();
  const forget = useForgetEverything();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const signIn = useMutation({
    mutationFn: () => call("POST /auth/v1/sign-in", { body: { email, password, ...(code ? { code } : {}) } }),
    onSuccess: forget,
  });
  const byPasskey = useMutation({
    async mutationFn() {
      const { options } = await call("POST /auth/v1/passkeys/sign-in/options", {});
      return call("POST /auth/v1/passkeys/sign-in", { body: { response: await signWithPasskey(options) } });
    },
    onSuccess: forget,
  });
  const asksForCode = signIn.error instanceof ApiError && signIn.error.code === "totp_required";
  const [withCode, setWithCode] = useState(false);
  if (asksForCode && !withCode) setWithCode(true);
  return (
    <Door title={t("door.sign_in")} onSubmit={() => signIn.mutate()}>
      <TextInput
        label={t("field.email")}
        type="email"
        autoComplete="username"
        required
        autoFocus
        value={email}
        onChange={(event) => setEmail(event.currentTarget.value)}
      />
      <PasswordField
        label={t("field.password")}
        autoComplete="current-password"
        required
        value={password}
        onChange={setPassword}
      />
      {withCode && (
        <TextInput
          label={t("door.code")}
          description={t("door.code_hint")}
          autoComplete="one-time-code"
          required
          autoFocus
          value={code}
          onChange={(event) => setCode(event.currentTarget.value)}
        />
      )}
      <FormError error={asksForCode && !code ? null : signIn.error} />
      <Button type="submit" loading={signIn.isPending} fullWidth>
        {t("door.sign_in")}
      </Button>
      {hasPasskeys() && (
        <>
          <FormError error={byPasskey.error} />
          <Button variant="light" loading={byPasskey.isPending} onClick={() => byPasskey.mutate()} fullWidth>
            {t("door.passkey")}
          </Button>
        </>
      )}
    </Door>
  );
}
