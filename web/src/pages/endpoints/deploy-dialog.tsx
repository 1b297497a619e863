import { NativeSelect, NumberInput, TextInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { Input } from "../../api/client.ts";
import { useList, usePost } from "../../api/queries.ts";
import { useText } from "../../i18n/text.ts";
import { FormDialog } from "../../ui/form-dialog.tsx";

type Role = Input<"POST /admin/v1/endpoints/{name}/deploy">["body"]["role"];

interface DeployProps {
  /** The endpoint; left out, a new one is made by its first champion. */
  readonly endpoint?: string;
  readonly opened: boolean;
  readonly onClose: () => void;
}

/** Puts a model behind an endpoint as champion, challenger or shadow. */
export function DeployDialog({ endpoint, opened, onClose }: DeployProps) {
  const { t, word, format } = useText();
  const navigate = useNavigate();
  const { items: models } = useList("GET /admin/v1/models", {}, { enabled: opened });
  const [name, setName] = useState("");
  const [chosen, choose] = useState("");
  const [role, setRole] = useState<Role>(endpoint ? "challenger" : "champion");
  const [percent, setPercent] = useState(10);
  const model = chosen || (models[0]?.id ?? "");
  const deploy = usePost("POST /admin/v1/endpoints/{name}/deploy", {
    touches: ["GET /admin/v1/endpoints"],
    onDone: () => {
      onClose();
      if (!endpoint) void navigate({ to: "/endpoints/$name", params: { name } });
    },
  });
  const submit = (): void =>
    deploy.mutate({
      params: { name: endpoint ?? name },
      body: { role, model, ...(role === "champion" ? {} : { share: percent / 100 }) },
    });
  return (
    <FormDialog
      title={t(endpoint ? "endpoint.deploy" : "endpoint.make")}
      opened={opened}
      onClose={onClose}
      onSubmit={submit}
      submit={t("endpoint.deploy")}
      work={deploy}
    >
      {!endpoint && (
        <TextInput
          label={t("endpoint.name")}
          description={t("endpoint.name_hint")}
          required
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
      )}
      <NativeSelect
        label={t("train.model")}
        data={models.map(({ id, name: label, created_at_ms }) => ({
          value: id,
          label: `${label} · ${format.dateTime(created_at_ms)}`,
        }))}
        value={model}
        onChange={(event) => choose(event.currentTarget.value)}
      />
      {endpoint && (
        <NativeSelect
          label={t("endpoint.role")}
          description={t(`endpoint.role_${role}`)}
          data={(["challenger", "shadow", "champion"] as const).map((value) => ({
            value,
            label: word("state", value),
          }))}
          value={role}
          onChange={(event) => setRole(event.currentTarget.value as Role)}
        />
      )}
      {role !== "champion" && (
        <NumberInput
          label={t("endpoint.share")}
          suffix=" %"
          min={1}
          max={100}
          value={percent}
          onChange={(next) => setPercent(typeof next === "number" ? next : 10)}
        />
      )}
    </FormDialog>
  );
}
