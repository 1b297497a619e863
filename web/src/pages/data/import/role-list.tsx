import { NativeSelect } from "@mantine/core";
import type { Answer } from "../../../api/client.ts";
import { useText } from "../../../i18n/text.ts";
import { type Kind, type Role, type Roles, rolesFor } from "./roles.ts";
import styles from "./import.module.css";

interface RoleListProps {
  readonly kind: Kind;
  readonly preview: Answer<"GET /admin/v1/uploads/{id}/preview">;
  readonly roles: Roles;
  readonly onChange: (column: string, role: Role) => void;
}

/** Each column with something out of it, and what it is for. */
export function RoleList({ kind, preview, roles, onChange }: RoleListProps) {
  const { t } = useText();
  const all = rolesFor(kind);
  return (
    <fieldset className={styles["roles"]}>
      <legend>{t("import.columns")}</legend>
      {preview.columns.map((column, at) => (
        <div key={`${at} ${column}`}>
          <span dir="auto">{column || t("import.unnamed")}</span>
          <small dir="auto">{sampleOf(preview.rows, at)}</small>
          <NativeSelect
            aria-label={t("import.role_of", { column })}
            data={all.map((value) => ({ value, label: t(`import.role_${value}`) }))}
            value={roles[column] ?? "none"}
            onChange={(event) => onChange(column, all.find((role) => role === event.currentTarget.value) ?? "none")}
          />
        </div>
      ))}
    </fieldset>
  );
}

const sampleOf = (rows: readonly (readonly string[])[], at: number): string =>
  [...new Set(rows.map((row) => row[at] ?? "").filter((cell) => cell.trim() !== ""))].slice(0, 3).join(" · ");
