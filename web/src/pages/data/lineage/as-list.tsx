import { useText } from "../../../i18n/text.ts";
import { useDetail } from "./detail.ts";
import { type Lineage, columns, layOut } from "./layout.ts";
import { NodeLink } from "./node-link.tsx";
import styles from "./lineage.module.css";

/** The picture in words: of each version what went into it and what came of it. */
export function AsList({ lineage }: { readonly lineage: Lineage }) {
  const { t } = useText();
  const detail = useDetail();
  return (
    <details className={styles["list"]}>
      <summary>{t("lineage.as_list")}</summary>
      <ul>
        {layOut(lineage).blocks.map(({ version, placed }) => (
          <li key={version}>
            <dl>
              {columns.map((kind) => {
                const of = placed.filter(({ node }) => node.kind === kind);
                return of.length === 0 ? null : (
                  <div key={kind}>
                    <dt>{t(`lineage.${kind}`)}</dt>
                    {of.map(({ node }) => (
                      <dd key={node.id}>
                        <NodeLink node={node}>{node.name || detail(node)}</NodeLink>
                        {node.name && <span>{detail(node)}</span>}
                      </dd>
                    ))}
                  </div>
                );
              })}
            </dl>
          </li>
        ))}
      </ul>
    </details>
  );
}
