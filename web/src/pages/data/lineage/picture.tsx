import { useMemo } from "react";
import { useText } from "../../../i18n/text.ts";
import { type Lineage, type Placed, box, columns, fitting, layOut } from "./layout.ts";
import { NodeLink } from "./node-link.tsx";
import { useDetail } from "./detail.ts";
import styles from "./lineage.module.css";

const headHeight = 28;
const room = { name: 19, detail: 23 } as const;

/** Files and reviews at the left, endpoints at the right, the newest version above; dashed is what answers brought back. */
export function Picture({ lineage }: { readonly lineage: Lineage }) {
  const { t } = useText();
  const { width, height, blocks, lines } = useMemo(() => layOut(lineage), [lineage]);
  return (
    <div className={styles["scroll"]} role="region" aria-label={t("lineage.picture")} tabIndex={0}>
      <svg
        className={styles["picture"]}
        width={width}
        height={height + headHeight}
        viewBox={`0 ${-headHeight} ${width} ${height + headHeight}`}
        role="group"
        aria-label={t("lineage.picture")}
      >
        <g aria-hidden="true">
          {columns.map((kind, at) => (
            <text key={kind} className={styles["head"]} x={32 + at * 190} y={-4}>
              {t(`lineage.${kind}`)}
            </text>
          ))}
          {lines.map(({ key, path, isBack }) => (
            <path key={key} d={path} data-back={isBack} />
          ))}
        </g>
        {blocks.map(({ version, placed }) => (
          <g key={version}>
            {placed.map((each) => (
              <NodeLink key={each.node.id} node={each.node}>
                <Box placed={each} isFocus={each.node.id === lineage.of} />
              </NodeLink>
            ))}
          </g>
        ))}
      </svg>
    </div>
  );
}

function Box({ placed: { node, x, y }, isFocus }: { readonly placed: Placed; readonly isFocus: boolean }) {
  const detail = useDetail()(node);
  return (
    <g className={styles["box"]} data-kind={node.kind} data-detail={node.detail} data-focus={isFocus}>
      <title>{`${node.name} · ${detail}`}</title>
      <rect x={x} y={y} width={box.width} height={box.height} rx={6} />
      <text x={x + 10} y={y + 18}>
        {fitting(node.name, room.name)}
      </text>
      <text className={styles["detail"]} x={x + 10} y={y + 34}>
        {fitting(detail, room.detail)}
      </text>
    </g>
  );
}
