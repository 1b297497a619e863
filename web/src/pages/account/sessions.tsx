import { Button } from "@mantine/core";
import { useGet, usePost } from "../../api/queries.ts";
import type { Session } from "../../api/schema.gen.ts";
import { useText } from "../../i18n/text.ts";
import { ConfirmButton } from "../../ui/confirm-button.tsx";
import { FormError } from "../../ui/form-error.tsx";
import { Panel } from "../../ui/panel.tsx";
import { ErrorState, Loading } from "../../ui/states.tsx";
import { When } from "../../ui/values.tsx";
import styles from "./account.module.css";
import { deviceName } from "./device-name.ts";

const touches = ["GET /auth/v1/sessions"];

/** Where one is signed in; each of the others can be ended, or all of them. */
export function Sessions() {
  const { t } = useText();
  const { data, error, refetch } = useGet("GET /auth/v1/sessions", {});
  const revokeOthers = usePost("POST /auth/v1/sessions/revoke-others", { touches });
  const others = data && data.data.length > 1 && (
    <ConfirmButton
      size="xs"
      color="red"
      label={t("account.end_others")}
      question={t("account.end_others_question")}
      onConfirm={() => revokeOthers.mutateAsync({})}
      isPending={revokeOthers.isPending}
      error={revokeOthers.error}
    />
  );
  return (
    <Panel title={t("account.sessions")} actions={others}>
      {!data && (error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Loading />)}
      {data && (
        <ul className={styles["rows"]}>
          {data.data.map((session) => (
            <OneSession key={session.id} of={session} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

function OneSession({ of }: { readonly of: Session }) {
  const { t, word } = useText();
  const revoke = usePost("POST /auth/v1/sessions/{id}/revoke", { touches });
  return (
    <li>
      <span>
        <span title={of.device}>{deviceName(of.device) ?? of.address}</span>
        <small>
          {word("way", of.how)} · {of.address} · <When ms={of.seen_at_ms} />
        </small>
        <FormError error={revoke.error} />
      </span>
      {of.current ? (
        <em>{t("account.this_one")}</em>
      ) : (
        <Button
          size="compact-xs"
          color="red"
          variant="light"
          loading={revoke.isPending}
          onClick={() => revoke.mutate({ params: { id: of.id } })}
        >
          {t("account.end_session")}
        </Button>
      )}
    </li>
  );
}
