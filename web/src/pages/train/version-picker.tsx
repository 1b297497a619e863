import { NativeSelect } from "@mantine/core";
import { useEffect, useState } from "react";
import { useGet, useList } from "../../api/queries.ts";
import { useText } from "../../i18n/text.ts";

interface VersionPickerProps {
  /** A version's id; empty until one is known. */
  readonly value: string;
  readonly onChange: (version: string) => void;
}

/** A dataset and one of its versions, the newest unless another is chosen. */
export function VersionPicker({ value, onChange }: VersionPickerProps) {
  const { t, format } = useText();
  const { items: datasets } = useList("GET /admin/v1/datasets", {});
  const [chosen, choose] = useState("");
  const dataset = chosen || (datasets[0]?.id ?? "");
  const versions = useGet(
    "GET /admin/v1/datasets/{id}/versions",
    { params: { id: dataset }, query: { limit: 100 } },
    { enabled: dataset !== "" },
  ).data?.data;
  const newest = versions?.[0]?.id;
  useEffect(() => {
    if (newest && !versions?.some(({ id }) => id === value)) onChange(newest);
  }, [newest, versions, value, onChange]);
  return (
    <>
      <NativeSelect
        label={t("train.dataset")}
        data={datasets.map(({ id, name }) => ({ value: id, label: name }))}
        value={dataset}
        onChange={(event) => choose(event.currentTarget.value)}
      />
      <NativeSelect
        label={t("train.version")}
        data={(versions ?? []).map(({ id, number, created_at_ms }) => ({
          value: id,
          label: `${number} · ${format.dateTime(created_at_ms)}`,
        }))}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    </>
  );
}
