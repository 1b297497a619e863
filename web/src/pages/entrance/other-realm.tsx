import { Button } from "@mantine/core";
import { useForgetEverything, useUser } from "../../api/auth.ts";
import { call } from "../../api/client.ts";
import { useText } from "../../i18n/text.ts";
import { Door } from "./door.tsx";

/** A customer's or partner's user at an address of the team. */
export function OtherRealm() {
  const { t } = useText();
  const user = useUser();
  const forget = useForgetEverything();
  const signOut = async (): Promise<void> => {
    await call("POST /auth/v1/sign-out", {});
    await forget();
  };
  return (
    <Door
      title={t("door.other_realm")}
      text={t("door.other_realm_text", { name: user.name })}
      onSubmit={() => void signOut()}
    >
      <Button type="submit" variant="light">
        {t("shell.sign_out")}
      </Button>
    </Door>
  );
}
