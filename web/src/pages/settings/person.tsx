import { Button, Group, Modal, NativeSelect } from "@mantine/core";
import { useState } from "react";
import { usePost } from "../../api/queries.ts";
import type { User } from "../../api/schema.gen.ts";
import { useText } from "../../i18n/text.ts";
import { FormError } from "../../ui/form-error.tsx";
import { Stack } from "../../ui/panel.tsx";
import { SecretOnce } from "../../ui/secret-once.tsx";
import { useToast } from "../../ui/toasts.tsx";
import { roles } from "./roles.ts";

const touches = ["GET /admin/v1/users"];

/** One person of the team: another role, a one-time link, or the end of every session. */
export function Person({ user, onClose }: { readonly user: User; readonly onClose: () => void }) {
  const { t, word } = useText();
  const toast = useToast();
  const [role, setRole] = useState(user.role ?? "read_only");
  const saved = (): void => {
    toast(t("settings.saved"));
    onClose();
  };
  const change = usePost("POST /admin/v1/users/{id}/change-role", { touches, onDone: saved });
  const disable = usePost("POST /admin/v1/users/{id}/disable", { touches, onDone: saved });
  const enable = usePost("POST /admin/v1/users/{id}/enable", { touches, onDone: saved });
  const link = usePost("POST /admin/v1/users/{id}/sign-in-link");
  const params = { id: user.id };
  const error = change.error ?? disable.error ?? enable.error ?? link.error;
  return (
    <Modal opened onClose={onClose} title={user.name} closeButtonProps={{ "aria-label": t("action.close") }}>
      <Stack>
        <NativeSelect
          label={t("settings.role")}
          data={roles.map((value) => ({ value, label: word("role", value) }))}
          value={role}
          onChange={(event) => setRole(roles.find((each) => each === event.currentTarget.value) ?? role)}
        />
        {link.data && <SecretOnce text={t("settings.link_once")} secret={link.data.url} />}
        <FormError error={error} />
        <Group justify="space-between">
          {user.disabled_at_ms === null ? (
            <Button color="red" variant="light" loading={disable.isPending} onClick={() => disable.mutate({ params })}>
              {t("settings.disable")}
            </Button>
          ) : (
            <Button variant="light" loading={enable.isPending} onClick={() => enable.mutate({ params })}>
              {t("settings.enable")}
            </Button>
          )}
          <Group>
            <Button variant="light" loading={link.isPending} onClick={() => link.mutate({ params })}>
              {t("action.make_link")}
            </Button>
            <Button
              disabled={role === user.role}
              loading={change.isPending}
              onClick={() => change.mutate({ params, body: { role } })}
            >
              {t("action.save")}
            </Button>
          </Group>
        </Group>
      </Stack>
    </Modal>
  );
}
