import { Button, PasswordInput } from "@mantine/core";
import { useState } from "react";
import { useUser } from "../../api/auth.ts";
import { useGet, usePost } from "../../api/queries.ts";
import { useText } from "../../i18n/text.ts";
import { Facts } from "../../ui/facts.tsx";
import { FormError } from "../../ui/form-error.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { Columns, Panel, Stack } from "../../ui/panel.tsx";
import { Loading } from "../../ui/states.tsx";
import { useToast } from "../../ui/toasts.tsx";
import { When } from "../../ui/values.tsx";

/** One's own account: the password, and where one is signed in. */
export function AccountPage() {
  const { t, word } = useText();
  const user = useUser();
  return (
    <>
      <PageHeader title={user.name} text={user.role ? word("role", user.role) : undefined} />
      <Columns>
        <Panel title={t("field.password")}>
          <Password />
        </Panel>
        <Panel title={t("settings.sessions")}>
          <Sessions />
        </Panel>
      </Columns>
    </>
  );
}

function Password() {
  const { t } = useText();
  const toast = useToast();
  const [old, setOld] = useState("");
  const [next, setNext] = useState("");
  const change = usePost("POST /auth/v1/password", {
    touches: ["GET /auth/v1/sessions"],
    onDone() {
      setOld("");
      setNext("");
      toast(t("settings.saved"));
    },
  });
  const toggle = { visibilityToggleButtonProps: { "aria-label": t("door.show_password") } };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        change.mutate({ body: { ...(old ? { old } : {}), new: next } });
      }}
    >
      <Stack>
        <PasswordInput
          label={t("settings.old_password")}
          description={t("settings.old_password_hint")}
          autoComplete="current-password"
          value={old}
          onChange={(event) => setOld(event.currentTarget.value)}
          {...toggle}
        />
        <PasswordInput
          label={t("settings.new_password")}
          autoComplete="new-password"
          required
          value={next}
          onChange={(event) => setNext(event.currentTarget.value)}
          {...toggle}
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

function Sessions() {
  const { t } = useText();
  const { data } = useGet("GET /auth/v1/sessions", {});
  const revoke = usePost("POST /auth/v1/sessions/{id}/revoke", { touches: ["GET /auth/v1/sessions"] });
  if (!data) return <Loading />;
  return (
    <>
      <Facts
        rows={data.data.map((session) => [
          `${session.device || session.address} · ${session.address}`,
          <span key={session.id}>
            <When ms={session.seen_at_ms} />{" "}
            {session.current ? (
              t("settings.this_one")
            ) : (
              <Button
                size="compact-xs"
                color="red"
                variant="light"
                loading={revoke.isPending}
                onClick={() => revoke.mutate({ params: { id: session.id } })}
              >
                {t("settings.end_session")}
              </Button>
            )}
          </span>,
        ])}
      />
      <FormError error={revoke.error} />
    </>
  );
}
