import { Button, Group, NativeSelect } from "@mantine/core";
import { useState } from "react";
import type { Answer } from "../api/client.ts";
import { plainAmount } from "../i18n/format.ts";
import { type Speech, useText } from "../i18n/text.ts";
import { type Column, DataTable } from "./data-table.tsx";
import { downloadCsv } from "./download-csv.ts";
import { Figure, Figures } from "./figure.tsx";
import { Stack } from "./panel.tsx";
import { EmptyState } from "./states.tsx";
import { Money, When } from "./values.tsx";

type Statement = Answer<"GET /partner/v1/statement">;
type Line = Statement["lines"][number];

interface Range {
  readonly from_ms?: number;
  readonly to_ms?: number;
}

/** The stretches of time that people ask for, by calendar of the one who looks. */
const ranges = {
  all: (): Range => ({}),
  month: (now: Date): Range => ({ from_ms: monthOf(now, 0) }),
  last_month: (now: Date): Range => ({ from_ms: monthOf(now, -1), to_ms: monthOf(now, 0) }),
  year: (now: Date): Range => ({ from_ms: new Date(now.getFullYear(), 0).getTime() }),
} as const;
type RangeName = keyof typeof ranges;
const rangeNames = Object.keys(ranges) as readonly RangeName[];

const monthOf = (now: Date, step: number): number => new Date(now.getFullYear(), now.getMonth() + step).getTime();

/** A stretch of time to choose, and what to ask the server for it. */
export function useRange() {
  const { t } = useText();
  const [name, setName] = useState<RangeName>("all");
  const [now] = useState(() => new Date());
  const field = (
    <NativeSelect
      label={t("statement.range")}
      data={rangeNames.map((value) => ({ value, label: t(`statement.range_${value}`) }))}
      value={name}
      onChange={(event) => setName(rangeNames.find((each) => each === event.currentTarget.value) ?? "all")}
    />
  );
  return { query: ranges[name](now), field };
}

interface StatementViewProps {
  readonly statement: Statement;
  /** Of the file. */
  readonly name: string;
  readonly range: ReturnType<typeof useRange>["field"];
}

/** What a partner earned, document by document, with totals; also as a file for a spreadsheet. */
export function StatementView({ statement, name, range }: StatementViewProps) {
  const { t, format } = useText();
  const { lines, totals } = statement;
  return (
    <Stack>
      <Group align="end" justify="space-between">
        {range}
        <Button
          variant="light"
          disabled={lines.length === 0}
          onClick={() => downloadCsv(`${name}.csv`, rowsOf(statement, t))}
        >
          {t("statement.csv")}
        </Button>
      </Group>
      {totals.length > 0 && (
        <Figures>
          {totals.map(({ base, amount }) => (
            <Figure
              key={amount.currency}
              label={t("statement.total", { currency: amount.currency.toUpperCase() })}
              value={<Money of={amount} />}
              note={t("statement.of", { amount: format.money(base) })}
            />
          ))}
        </Figures>
      )}
      <DataTable
        label={t("statement.lines")}
        columns={columnsOf(t)}
        rows={lines.toReversed()}
        rowKey={({ id }) => id}
        empty={<EmptyState icon="channels" title={t("statement.nothing")} text={t("statement.nothing_hint")} />}
      />
    </Stack>
  );
}

const columnsOf = (t: Speech["t"]): readonly Column<Line>[] => [
  { key: "document", title: t("statement.document"), cell: (line) => line.title },
  { key: "customer", title: t("statement.customer"), cell: (line) => line.customer_name, room: 2, priority: 2 },
  { key: "when", title: t("statement.when"), cell: (line) => <When ms={line.earned_at_ms} exact />, priority: 3 },
  { key: "base", title: t("statement.base"), cell: (line) => <Money of={line.base} />, align: "right", priority: 2 },
  { key: "amount", title: t("channels.commission"), cell: (line) => <Money of={line.amount} />, align: "right" },
];

function rowsOf({ lines, totals }: Statement, t: Speech["t"]): (readonly (string | number)[])[] {
  const head = [
    t("statement.document"),
    t("statement.customer"),
    t("statement.when"),
    t("statement.rate"),
    t("statement.base"),
    t("channels.commission"),
    t("statement.currency"),
  ];
  const body = lines.map((line) => [
    line.title,
    line.customer_name,
    new Date(line.earned_at_ms).toISOString(),
    line.basis_points / 10_000,
    plainAmount(line.base),
    plainAmount(line.amount),
    line.amount.currency,
  ]);
  const sums = totals.map(({ base, amount }) => [
    t("statement.sum"),
    "",
    "",
    "",
    plainAmount(base),
    plainAmount(amount),
    amount.currency,
  ]);
  return [head, ...body, ...sums];
}
