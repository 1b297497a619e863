import { Button, Checkbox, Group, NativeSelect, TextInput } from "@mantine/core";
import { useState } from "react";
import type { Answer } from "../../../api/client.ts";
import { useGet, usePost } from "../../../api/queries.ts";
import { useText } from "../../../i18n/text.ts";
import { Facts } from "../../../ui/facts.tsx";
import { FormError } from "../../../ui/form-error.tsx";
import { Panel, Stack } from "../../../ui/panel.tsx";
import { ErrorState, Loading } from "../../../ui/states.tsx";
import { FirstRows } from "./first-rows.tsx";
import { RoleList } from "./role-list.tsx";
import { type Kind, type Roles, choiceOf, guessedRoles, kinds, withRole } from "./roles.ts";
import styles from "./import.module.css";

type Dataset = Answer<"GET /admin/v1/datasets/{id}">;
type Begun = Answer<"POST /admin/v1/imports">;
type Preview = Answer<"GET /admin/v1/uploads/{id}/preview">;

const formats = ["csv", "jsonl", "json", "parquet", "book", "mbox"] as const;
type FileFormat = (typeof formats)[number];

interface ColumnsProps {
  readonly upload: string;
  /** The dataset the file goes into; null where it is named here. */
  readonly dataset: Dataset | null;
  readonly onBegun: (begun: Begun) => void;
  readonly onLeft: () => void;
}

/** What the file looks like, and what its columns are for. */
export function Columns({ upload, dataset, onBegun, onLeft }: ColumnsProps) {
  const { t } = useText();
  const [format, setFormat] = useState<FileFormat>();
  const preview = useGet("GET /admin/v1/uploads/{id}/preview", { params: { id: upload }, query: { format } });
  const discard = usePost("POST /admin/v1/uploads/{id}/discard", { onDone: onLeft });
  const leave = (): void => discard.mutate({ params: { id: upload } }, { onError: onLeft });
  const another = (
    <Button variant="default" onClick={leave}>
      {t("import.another")}
    </Button>
  );
  if (preview.data && !preview.error) {
    return <Mapping preview={preview.data} dataset={dataset} onBegun={onBegun} another={another} />;
  }
  if (!preview.error) return <Loading />;
  return (
    <>
      <ErrorState error={preview.error} />
      <Group align="end" justify="center">
        <NativeSelect
          label={t("import.format")}
          data={["", ...formats].map((value) => ({ value, label: value && t(`import.format_${value as FileFormat}`) }))}
          value={format ?? ""}
          onChange={(event) => setFormat(formats.find((each) => each === event.currentTarget.value))}
        />
        {another}
      </Group>
    </>
  );
}

interface MappingProps {
  readonly preview: Preview;
  readonly dataset: Dataset | null;
  readonly onBegun: (begun: Begun) => void;
  readonly another: React.ReactNode;
}

function Mapping({ preview, dataset, onBegun, another }: MappingProps) {
  const { t, word } = useText();
  const [name, setName] = useState(() => dataset?.name ?? nameFrom(preview.name));
  const [chosenKind, setKind] = useState<Kind>(dataset?.kind ?? "text");
  const format = formats.find((each) => each === preview.format);
  const isFolder = format === undefined;
  const [documents, setDocuments] = useState<Documents>(dataset?.kind === "image" ? "image" : "text");
  const kind = isFolder ? kindOf[documents] : chosenKind;
  const [roles, setRoles] = useState<Roles>(() => guessedRoles(kind, preview.columns, preview.guess));
  const [target, setTarget] = useState<"class" | "number">("class");
  const [redact, setRedact] = useState(false);
  const begin = usePost("POST /admin/v1/imports", { touches: ["GET /admin/v1/datasets"], onDone: onBegun });
  /** A table's columns are settled by its first import. */
  const isSettled = dataset?.kind === "table" && dataset.versions > 0;
  const chooseKind = (next: Kind): void => {
    setKind(next);
    setRoles(guessedRoles(next, preview.columns, preview.guess));
  };
  const submit = (): void =>
    begin.mutate({
      body: {
        upload: preview.upload,
        dataset: dataset?.id ?? name,
        format: format ?? documents,
        ...(dataset ? {} : { kind }),
        ...(isSettled ? {} : choiceOf(kind, roles)),
        ...(kind === "table" && !isSettled ? { target } : {}),
        ...(redact ? { redact } : {}),
      },
    });
  const facts = [
    [t("import.file"), preview.name],
    [t("import.format"), t(format ? `import.format_${format}` : "import.format_folder")],
  ] as const;
  return (
    <>
      <Panel title={t("import.goes_where")}>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            submit();
          }}
        >
          <Stack>
            <Facts rows={facts} />
            {!dataset && (
              <div className={styles["pair"]}>
                <TextInput
                  label={t("import.dataset")}
                  description={t("import.dataset_hint")}
                  required
                  value={name}
                  onChange={(event) => setName(event.currentTarget.value)}
                />
                {!isFolder && (
                  <NativeSelect
                    label={t("data.kind")}
                    description={t("import.kind_hint")}
                    data={kinds.map((value) => ({ value, label: word("kind", value) }))}
                    value={kind}
                    onChange={(event) => chooseKind(kinds.find((each) => each === event.currentTarget.value) ?? "text")}
                  />
                )}
              </div>
            )}
            {isFolder && (
              <NativeSelect
                label={t("import.documents")}
                data={documentsFor(dataset).map((value) => ({ value, label: t(`import.documents_${value}`) }))}
                value={documents}
                onChange={(event) =>
                  setDocuments(documentsFor(dataset).find((each) => each === event.currentTarget.value) ?? "text")
                }
              />
            )}
            {isSettled && <p className={styles["dim"]}>{t("import.settled")}</p>}
            {!isSettled && preview.columns.length > 0 && (
              <RoleList
                kind={kind}
                preview={preview}
                roles={roles}
                onChange={(column, role) => setRoles(withRole(kind, roles, column, role))}
              />
            )}
            {preview.columns.length === 0 && (
              <p className={styles["dim"]}>
                {t(isFolder ? "import.class_folders" : format === "mbox" ? "import.mails" : "import.passages")}
              </p>
            )}
            {kind === "table" && !isSettled && (
              <NativeSelect
                label={t("import.target")}
                data={(["class", "number"] as const).map((value) => ({ value, label: t(`import.target_${value}`) }))}
                value={target}
                onChange={(event) => setTarget(event.currentTarget.value === "number" ? "number" : "class")}
              />
            )}
            {kind !== "image" && (
              <Checkbox
                label={t("import.redact")}
                description={t("import.redact_hint")}
                checked={redact}
                onChange={(event) => setRedact(event.currentTarget.checked)}
              />
            )}
            <FormError error={begin.error} />
            <Group>
              <Button type="submit" loading={begin.isPending}>
                {t("import.begin")}
              </Button>
              {another}
            </Group>
          </Stack>
        </form>
      </Panel>
      {preview.rows.length > 0 && <FirstRows preview={preview} />}
    </>
  );
}

/** What each file of a folder is. */
const kindOf = { text: "text", mail: "text", image: "image" } as const;
type Documents = keyof typeof kindOf;

const documentsFor = (dataset: Dataset | null): readonly Documents[] => {
  const all: readonly Documents[] = ["text", "mail", "image"];
  return dataset ? all.filter((each) => kindOf[each] === dataset.kind) : all;
};

/** As the command line names a dataset after its file. */
function nameFrom(file: string): string {
  const last = file.split(/[\\/]/).at(-1) ?? file;
  return (
    last
      .replace(/\.[a-z0-9]+$/i, "")
      .replace(/[^\p{L}\p{N}._-]+/gu, "-")
      .replace(/^[^\p{L}\p{N}]+|-+$/gu, "")
      .slice(0, 100) || "data"
  );
}
