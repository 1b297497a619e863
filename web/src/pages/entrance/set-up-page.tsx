import { Button, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Navigate, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useAuthState, useForgetEverything } from "../../api/auth.ts";
import { call } from "../../api/client.ts";
import { useText } from "../../i18n/text.ts";
import { FormError } from "../../ui/form-error.tsx";
import { PasswordField } from "../../ui/password-field.tsx";
import { Door } from "./door.tsx";
import { tokenInAddress } from "./token-in-address.ts";

const passwordCharsMin = 12;

/** The first run: makes the team's first owner, with the token behind `#` in the address that `serve` printed. */
export function SetUpPage() {
  const { t } = useText();
  const { data } = useAuthState();
  const forget = useForgetEverything();
  const navigate = useNavigate();
  const [found] = useState(tokenInAddress);
  const [token, setToken] = useState(found);
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const setUp = useMutation({
    mutationFn: () => call("POST /auth/v1/setup", { body: { token, name, email, password } }),
    async onSuccess() {
      await forget();
      await navigate({ to: "/" });
    },
  });
  if (data?.set_up) return <Navigate to="/" />;
  return (
    <Door title={t("door.welcome")} text={t("door.welcome_text")} onSubmit={() => setUp.mutate()}>
      {!found && (
        <TextInput
          label={t("door.token")}
          description={t("door.token_hint")}
          required
          autoComplete="off"
          value={token}
          onChange={(event) => setToken(event.currentTarget.value.trim())}
        />
      )}
      <TextInput
        label={t("field.your_name")}
        autoComplete="name"
        required
        autoFocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <TextInput
        label={t("field.email")}
        type="email"
        autoComplete="username"
        required
        value={email}
        onChange={(event) => setEmail(event.currentTarget.value)}
      />
      <PasswordField
        label={t("field.password")}
        description={t("door.password_hint", { n: passwordCharsMin })}
        autoComplete="new-password"
        required
        minLength={passwordCharsMin}
        value={password}
        onChange={setPassword}
      />
      <FormError error={setUp.error} />
      <Button type="submit" loading={setUp.isPending} fullWidth>
        {t("door.begin")}
      </Button>
    </Door>
  );
}
