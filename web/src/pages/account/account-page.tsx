import { useUser } from "../../api/auth.ts";
import { useText } from "../../i18n/text.ts";
import { PageHeader } from "../../ui/page-header.tsx";
import { Columns, Panel } from "../../ui/panel.tsx";
import { Authenticator } from "./authenticator.tsx";
import { Passkeys } from "./passkeys.tsx";
import { Password } from "./password.tsx";
import { Sessions } from "./sessions.tsx";

/** One's own account, of the team, of a customer or of a partner: how one signs in, and where one is signed in. */
export function AccountPage() {
  const { t, word } = useText();
  const user = useUser();
  return (
    <>
      <PageHeader title={user.name} text={user.role ? word("role", user.role) : (user.email ?? undefined)} />
      <Columns min={440}>
        <Panel title={t("field.password")}>
          <Password />
        </Panel>
        <Panel title={t("account.app")}>
          <Authenticator />
        </Panel>
        <Passkeys />
        <Sessions />
      </Columns>
    </>
  );
}
