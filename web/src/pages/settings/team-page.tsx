import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useState } from "react";
import { useMay } from "../../api/auth.ts";
import { usePost } from "../../api/queries.ts";
import { useRows } from "../../api/rows.ts";
import type { User } from "../../api/schema.gen.ts";
import { useText } from "../../i18n/text.ts";
import type { Column } from "../../ui/data-table.tsx";
import { FormDialog } from "../../ui/form-dialog.tsx";
import { NameField } from "../../ui/name-field.tsx";
import { ListTable } from "../../ui/list-table.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { EmptyState } from "../../ui/states.tsx";
import { When } from "../../ui/values.tsx";
import { Person } from "./person.tsx";
import { roles } from "./roles.ts";

/** The team: who it is, what each may do, and the links by which they come in. A row opens a person. */
export function TeamPage() {
  const { t, word } = useText();
  const may = useMay();
  const list = useRows("GET /admin/v1/users", { query: { realm: "team" } });
  const [isNew, setIsNew] = useState(false);
  const [opened, setOpened] = useState<User>();
  const columns: readonly Column<User>[] = [
    { key: "name", title: t("field.name"), cell: ({ name }) => name },
    { key: "email", title: t("field.email"), cell: ({ email }) => email ?? "–", priority: 2 },
    {
      key: "role",
      title: t("settings.role"),
      cell: ({ role, disabled_at_ms }) => (disabled_at_ms ? t("settings.disabled") : word("role", role ?? "")),
    },
    {
      key: "seen",
      title: t("settings.last_sign_in"),
      cell: ({ last_sign_in_at_ms: ms }) => (ms === null ? "–" : <When ms={ms} />),
      priority: 3,
    },
  ];
  const canChange = may("team", "write");
  return (
    <>
      <PageHeader title={t("settings.team")} text={t("settings.team_text")}>
        {canChange && <Button onClick={() => setIsNew(true)}>{t("settings.new_person")}</Button>}
      </PageHeader>
      <ListTable
        label={t("settings.team")}
        list={list}
        columns={columns}
        {...(canChange ? { onOpen: setOpened } : {})}
        empty={<EmptyState icon="user" title={t("settings.no_people")} />}
      />
      {isNew && <NewPerson onClose={() => setIsNew(false)} />}
      {opened && <Person user={opened} onClose={() => setOpened(undefined)} />}
    </>
  );
}

function NewPerson({ onClose }: { readonly onClose: () => void }) {
  const { t, word } = useText();
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<(typeof roles)[number]>("engineer");
  const create = usePost("POST /admin/v1/users", { touches: ["GET /admin/v1/users"], onDone: onClose });
  return (
    <FormDialog
      title={t("settings.new_person")}
      onClose={onClose}
      onSubmit={() => create.mutate({ body: { name, email, role } })}
      work={create}
    >
      <NameField value={name} onChange={setName} />
      <TextInput
        label={t("field.email")}
        type="email"
        required
        value={email}
        onChange={(event) => setEmail(event.currentTarget.value)}
      />
      <NativeSelect
        label={t("settings.role")}
        data={roles.map((value) => ({ value, label: word("role", value) }))}
        value={role}
        onChange={(event) => setRole(roles.find((each) => each === event.currentTarget.value) ?? "read_only")}
      />
    </FormDialog>
  );
}
