import { Button, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useForgetEverything } from "../api/auth.ts";
import { call } from "../api/client.ts";
import { useText } from "../i18n/text.ts";
import styles from "../portal/realm-frame.module.css";
import { FormError } from "../ui/form-error.tsx";
import { Panel, Stack } from "../ui/panel.tsx";
import { PasswordField } from "../ui/password-field.tsx";

interface SignUpProps {
  readonly product: string;
  readonly endpoint: string;
}

/** A stranger becomes a customer; the key is shown once, in a request that works. */
export function SignUp({ product, endpoint }: SignUpProps) {
  const { t } = useText();
  const forget = useForgetEverything();
  const [company, setCompany] = useState("");
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const signUp = useMutation({
    mutationFn: () => call("POST /public/v1/sign-up", { body: { product, company, name, email, password } }),
    onSuccess: forget,
  });
  if (signUp.data) return <Welcome secret={signUp.data.key.secret} endpoint={endpoint} />;
  return (
    <Panel title={t("public.sign_up")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          signUp.mutate();
        }}
      >
        <Stack>
          <TextInput
            label={t("public.company")}
            autoComplete="organization"
            required
            value={company}
            onChange={(event) => setCompany(event.currentTarget.value)}
          />
          <TextInput
            label={t("field.your_name")}
            autoComplete="name"
            required
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
            autoComplete="new-password"
            required
            value={password}
            onChange={setPassword}
          />
          <FormError error={signUp.error} />
          <Button type="submit" loading={signUp.isPending}>
            {t("public.create")}
          </Button>
        </Stack>
      </form>
    </Panel>
  );
}

function Welcome({ secret, endpoint }: { readonly secret: string; readonly endpoint: string }) {
  const { t } = useText();
  const body = JSON.stringify({ endpoint, input: "…" });
  const request = [
    `curl ${location.origin}/v1/predictions \\`,
    `  -H 'Authorization: Bearer ${secret}' \\`,
    `  -H 'content-type: application/json' \\`,
    `  -d '${body}'`,
  ].join("\n");
  return (
    <Panel title={t("public.welcome")}>
      <Stack>
        <p>{t("portal.secret_hint")}</p>
        <code className={styles["secret"]}>{secret}</code>
        <h3>{t("public.call")}</h3>
        <code className={styles["secret"]}>{request}</code>
        <a href="/docs">{t("public.reference")}</a>
        <Button component={Link} to="/portal" variant="light">
          {t("public.to_portal")}
        </Button>
      </Stack>
    </Panel>
  );
}
