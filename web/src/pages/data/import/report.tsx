import { Alert, Button } from "@mantine/core";
import type { TextKey } from "../../../i18n/language.ts";
import { useText } from "../../../i18n/text.ts";
import { csvOf, saveCsv } from "../../../ui/csv.ts";
import { type Column, DataTable } from "../../../ui/data-table.tsx";
import { Facts } from "../../../ui/facts.tsx";
import { Figure, Figures } from "../../../ui/figure.tsx";
import { Icon } from "../../../ui/icon.tsx";
import { Columns, Panel } from "../../../ui/panel.tsx";
import { StateBadge } from "../../../ui/values.tsx";
import type { Import } from "./outcome.tsx";
import styles from "./import.module.css";

type ImportReport = NonNullable<Import["report"]>;
type Rejection = ImportReport["rejections"]["listed"][number];

/** What was read, kept and dropped, and why; and the way to the version that came of it. */
export function Report({ of, onOpen }: { readonly of: Import; readonly onOpen: () => void }) {
  const { t, word, format } = useText();
  const { report, number, outcome, file } = of;
  if (!report || number === null) return <StateBadge state={of.state} />;
  const count = (name: string): string => format.number(report.rows[name] ?? 0);
  const dropped: readonly (readonly [TextKey, string])[] = [
    ["import.duplicates", count("duplicates")],
    ["import.conflicting", count("conflicting")],
    ["import.already_there", count("alreadyThere")],
    ["import.near_groups", format.number(report.nearDuplicates.groups)],
    ["import.mixed", format.number(report.nearDuplicates.mixedLabels)],
  ];
  const parts = ["train", "validation", "test", "pool", "held"] as const;
  const personal = Object.entries(report.personalData.found).filter(([, { matches }]) => matches > 0);
  return (
    <>
      <Panel
        title={t(outcome === "created" ? "import.done" : "import.unchanged", { number, name: file })}
        actions={<Button onClick={onOpen}>{t("import.open", { number })}</Button>}
      >
        <Figures>
          <Figure label={t("import.read")} value={count("read")} />
          <Figure label={t("data.added")} value={count("added")} />
          <Figure label={t("import.rejected")} value={count("rejected")} />
        </Figures>
      </Panel>
      {report.warnings.length > 0 && (
        <Alert color="yellow" icon={<Icon name="warning" size={16} />}>
          {report.warnings.map((warning) => (
            <p key={warning}>{warning}</p>
          ))}
        </Alert>
      )}
      <Columns>
        <Panel title={t("import.dropped")}>
          <Facts rows={dropped.map(([name, value]) => [t(name), value] as const)} />
        </Panel>
        <Panel title={t("import.splits")}>
          <Facts
            rows={parts.map((part) => [t(`data.part_${part}`), format.number(report.parts[part] ?? 0)] as const)}
          />
        </Panel>
        <Panel title={t("import.personal")}>
          {personal.length === 0 && <p className={styles["dim"]}>{t("import.no_personal")}</p>}
          <Facts
            rows={personal.map(([kind, { matches }]) => [word("personal", kind), format.number(matches)] as const)}
          />
          {report.personalData.redacted && <p className={styles["dim"]}>{t("import.redacted")}</p>}
        </Panel>
      </Columns>
      {report.rejections.listed.length > 0 && <Rejections report={report} />}
    </>
  );
}

interface Row extends Rejection {
  readonly at: number;
}

function Rejections({ report }: { readonly report: ImportReport }) {
  const { t, word, format } = useText();
  const { listed } = report.rejections;
  const rows: readonly Row[] = listed.map((each, at) => ({ ...each, at }));
  const reasonOf = ({ reason }: Rejection): string => word("rejection", reason);
  const columns: readonly Column<Row>[] = [
    { key: "file", title: t("import.file"), room: 2, priority: 2, cell: ({ file }) => file },
    { key: "row", title: t("import.row"), align: "right", cell: ({ row }) => (row ? format.number(row) : "–") },
    { key: "column", title: t("import.column"), cell: ({ column }) => column ?? "–" },
    { key: "reason", title: t("import.reason"), room: 3, cell: reasonOf },
  ];
  const save = (): void => {
    const lines = listed.map((each) => [each.file, each.row ?? "", each.column ?? "", each.reason, reasonOf(each)]);
    saveCsv(csvOf(["file", "row", "column", "reason", "explanation"], lines), "rejected-rows.csv");
  };
  return (
    <Panel
      title={t("import.rejected_rows", { n: report.rows["rejected"] ?? 0, shown: listed.length })}
      actions={
        <Button variant="default" onClick={save}>
          {t("import.download")}
        </Button>
      }
    >
      <DataTable label={t("import.rejected")} columns={columns} rows={rows} rowKey={({ at }) => String(at)} />
    </Panel>
  );
}
