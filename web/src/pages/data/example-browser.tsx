import { Button, Drawer, NativeSelect, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import type { Answer, Item } from "../../api/client.ts";
import { useGet } from "../../api/queries.ts";
import { useRows } from "../../api/rows.ts";
import type { VersionSearch } from "../../app/routes/data.ts";
import type { TextKey } from "../../i18n/language.ts";
import { useText } from "../../i18n/text.ts";
import type { Column } from "../../ui/data-table.tsx";
import { ExampleInput } from "../../ui/example-input.tsx";
import { InputGlance } from "../../ui/input-glance.tsx";
import { ListTable } from "../../ui/list-table.tsx";
import { marksOf, saySpans } from "../../ui/spans.ts";
import { EmptyState } from "../../ui/states.tsx";
import type { Version } from "./version-page.tsx";
import styles from "./data.module.css";

export type Example = Item<"GET /admin/v1/dataset-versions/{id}/examples">;

const parts = ["train", "validation", "test", "pool", "held"] as const;
const sources = ["file", "review", "feedback", "manual"] as const;
const slices = ["short", "long", "personal", "unlabelled", "numbers"] as const;

type Kind = Answer<"GET /admin/v1/datasets/{id}">["kind"];

const sayLabel = (kind: Kind, { input, label }: Example): string => {
  if (label === null) return "–";
  return kind === "text-spans" ? saySpans(input, label) || "[]" : label;
};

/** Of a closed list, or nothing. */
const oneOf = <T extends string>(all: readonly T[], value: string | undefined): T | undefined =>
  all.find((each) => each === value);

export function ExampleBrowser({ version }: { readonly version: Version }) {
  const { t } = useText();
  const navigate = useNavigate();
  const wanted = useSearch({ from: "/team/data/versions/$id" });
  const [open, setOpen] = useState<Example>();
  const dataset = useGet("GET /admin/v1/datasets/{id}", { params: { id: version.dataset } });
  const kind = dataset.data?.kind ?? "text";
  const list = useRows("GET /admin/v1/dataset-versions/{id}/examples", {
    params: { id: version.id },
    query: {
      part: oneOf(parts, wanted.part),
      label: wanted.label,
      source: oneOf(sources, wanted.source),
      slice: oneOf(slices, wanted.slice),
      group: wanted.group,
      search: wanted.search,
    },
  });
  const set = (change: VersionSearch): void => {
    const all = Object.entries({ ...wanted, ...change }).filter(([, value]) => value);
    void navigate({
      to: "/data/versions/$id",
      params: { id: version.id },
      search: Object.fromEntries(all),
      replace: true,
    });
  };
  const search = useDebouncedCallback((text: string) => set({ search: text }), 250);
  const choices = (name: "part" | "source" | "slice", all: readonly string[]) => [
    { value: "", label: t(`data.any_${name}`) },
    ...all.map((value) => ({ value, label: t(`data.${name}_${value}` as TextKey) })),
  ];
  const inputCell = ({ input }: Example) => <InputGlance kind={kind} input={input} />;
  const columns: readonly Column<Example>[] = [
    { key: "input", title: t("data.input"), room: 5, cell: inputCell },
    { key: "label", title: t("data.label"), cell: (example) => sayLabel(kind, example) },
    { key: "part", title: t("data.part"), priority: 2, cell: ({ part }) => t(`data.part_${part}`) },
    { key: "origin", title: t("data.source"), priority: 3, room: 2, cell: ({ origin }) => origin },
  ];
  return (
    <>
      <div className={styles["filters"]}>
        <TextInput
          aria-label={t("data.search")}
          placeholder={t("data.search")}
          defaultValue={wanted.search ?? ""}
          onChange={(event) => search(event.currentTarget.value)}
        />
        <NativeSelect
          aria-label={t("data.label")}
          data={[{ value: "", label: t("data.any_label") }, ...version.labels]}
          value={wanted.label ?? ""}
          onChange={(event) => set({ label: event.currentTarget.value })}
        />
        <NativeSelect
          aria-label={t("data.part")}
          data={choices("part", parts)}
          value={wanted.part ?? ""}
          onChange={(event) => set({ part: event.currentTarget.value })}
        />
        <NativeSelect
          aria-label={t("data.source")}
          data={choices("source", sources)}
          value={wanted.source ?? ""}
          onChange={(event) => set({ source: event.currentTarget.value })}
        />
        <NativeSelect
          aria-label={t("data.slice")}
          data={choices("slice", slices)}
          value={wanted.slice ?? ""}
          onChange={(event) => set({ slice: event.currentTarget.value })}
        />
        {wanted.group && (
          <Button variant="light" onClick={() => set({ group: "" })}>
            {t("data.leave_group")}
          </Button>
        )}
      </div>
      <ListTable
        label={t("data.examples")}
        list={list}
        columns={columns}
        onOpen={setOpen}
        empty={<EmptyState icon="search" title={t("data.nothing_found")} text={t("data.nothing_found_text")} />}
      />
      <Drawer
        opened={open !== undefined}
        onClose={() => setOpen(undefined)}
        position="right"
        size="lg"
        title={t("data.example")}
        closeButtonProps={{ "aria-label": t("action.close") }}
      >
        {open && <OneExample example={open} kind={kind} onNear={() => set({ group: open.group, tab: "" })} />}
      </Drawer>
    </>
  );
}

interface OneExampleProps {
  readonly example: Example;
  readonly kind: Kind;
  readonly onNear: () => void;
}

function OneExample({ example, kind, onNear }: OneExampleProps) {
  const { t, word } = useText();
  const { input, label, personal } = example;
  const marks =
    kind === "text-spans" && label !== null
      ? marksOf(input, label)
      : personal.map((each) => ({ ...each, name: word("personal", each.kind) }));
  const rows: readonly [TextKey, string][] = [
    ["data.label", sayLabel(kind, example)],
    ["data.part", t(`data.part_${example.part}`)],
    ["data.source", `${t(`data.source_${example.source}`)} · ${example.origin}`],
  ];
  return (
    <div className={styles["one"]}>
      <ExampleInput input={input} kind={kind} marks={marks} />
      <dl className={styles["facts"]}>
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{t(name)}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <Button variant="default" onClick={onNear}>
        {t("data.show_group")}
      </Button>
    </div>
  );
}
