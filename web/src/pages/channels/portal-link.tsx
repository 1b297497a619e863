import { TextInput } from "@mantine/core";
import { useState } from "react";
import { usePost } from "../../api/queries.ts";
import type { Partner } from "../../api/schema.gen.ts";
import { useText } from "../../i18n/text.ts";
import { FormDialog } from "../../ui/form-dialog.tsx";
import { SecretOnce } from "../../ui/secret-once.tsx";

/** A link with which a partner enters its own side. */
export function PortalLink({ partner, onClose }: { readonly partner: Partner; readonly onClose: () => void }) {
  const { t } = useText();
  const [email, setEmail] = useState("");
  const make = usePost("POST /admin/v1/partners/{id}/portal-links");
  const url = make.data?.url;
  return (
    <FormDialog
      title={t("channels.invite", { name: partner.name })}
      onClose={onClose}
      onSubmit={() =>
        url ? onClose() : make.mutate({ params: { id: partner.id }, body: { email, name: partner.name } })
      }
      submit={t(url ? "action.done" : "action.make_link")}
      work={make}
    >
      {url ? (
        <SecretOnce text={t("settings.link_once")} secret={url} />
      ) : (
        <TextInput
          label={t("field.email")}
          type="email"
          required
          data-autofocus
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
      )}
    </FormDialog>
  );
}
