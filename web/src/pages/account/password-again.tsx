import { PasswordField } from "../../ui/password-field.tsx";
import { type ReactNode, useState } from "react";
import { useUser } from "../../api/auth.ts";
import { ApiError } from "../../api/client.ts";
import { useText } from "../../i18n/text.ts";

interface PasswordAgain {
  /** Of the request. */
  readonly body: { readonly password?: string };
  /** Undefined until the server has asked for the password. */
  readonly field: ReactNode;
  /** The refusal, but for the one that only asks. */
  readonly error: unknown;
}

/** Who signed in a while ago gives its password again before it changes how it signs in: the server says when. */
export function usePasswordAgain(error: unknown): PasswordAgain {
  const { t } = useText();
  const user = useUser();
  const [password, setPassword] = useState("");
  const [wasAsked, setWasAsked] = useState(false);
  const asks = user.password && error instanceof ApiError && error.param === "password";
  if (asks && !wasAsked) setWasAsked(true);
  return {
    body: password ? { password } : {},
    error: asks && !password ? null : error,
    field: wasAsked && (
      <PasswordField
        label={t("field.password")}
        description={t("account.password_again")}
        autoComplete="current-password"
        required
        autoFocus
        value={password}
        onChange={setPassword}
      />
    ),
  };
}
