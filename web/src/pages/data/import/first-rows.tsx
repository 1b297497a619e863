import type { Answer } from "../../../api/client.ts";
import { useText } from "../../../i18n/text.ts";
import { Panel } from "../../../ui/panel.tsx";
import styles from "./import.module.css";

/** The beginning of the file as a table, which scrolls within its frame. */
export function FirstRows({ preview }: { readonly preview: Answer<"GET /admin/v1/uploads/{id}/preview"> }) {
  const { t } = useText();
  return (
    <Panel title={t("import.first_rows", { n: preview.rows.length })}>
      <div className={styles["scroll"]} role="region" aria-label={t("import.preview")} tabIndex={0}>
        <table>
          <thead>
            <tr>
              {preview.columns.map((column, at) => (
                <th key={at} scope="col" dir="auto">
                  {column || t("import.unnamed")}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {preview.rows.map((row, at) => (
              <tr key={at}>
                {row.map((cell, column) => (
                  <td key={column} dir="auto">
                    {cell}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}
