import { NativeSelect, NumberInput, TextInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useGet, usePost } from "../../api/queries.ts";
import { useText } from "../../i18n/text.ts";
import { FormDialog } from "../../ui/form-dialog.tsx";
import { type FieldValues, FormFromSchema } from "../../ui/form-from-schema.tsx";
import { fieldsOf, withValues } from "./recipe-schema.ts";
import { VersionPicker } from "./version-picker.tsx";
import styles from "./train.module.css";

interface StartRunProps {
  readonly opened: boolean;
  readonly onClose: () => void;
}

/** What to train on and how: the fields are those of the recipe's own schema; an empty one keeps the recipe's value. */
export function StartRun({ opened, onClose }: StartRunProps) {
  const { t, word } = useText();
  const navigate = useNavigate();
  const recipes = useGet("GET /admin/v1/recipes", {}, { enabled: opened }).data?.data ?? [];
  const [version, setVersion] = useState("");
  const [chosen, choose] = useState("");
  const [values, setValues] = useState<FieldValues>({});
  const [name, setName] = useState("");
  const [seed, setSeed] = useState<number>(1);
  const entry = recipes.find((recipe) => recipe.name === chosen) ?? recipes[0];
  const start = usePost("POST /admin/v1/runs", {
    touches: ["GET /admin/v1/runs", "GET /admin/v1/wheel"],
    onDone: ({ id }) => void navigate({ to: "/train/runs/$id", params: { id } }),
  });
  const submit = (): void => {
    if (!entry) return;
    const recipe = withValues(entry.recipe, values);
    start.mutate({ body: { dataset_version: version, recipe, seed, ...(name ? { name } : {}) } });
  };
  return (
    <FormDialog
      title={t("train.start")}
      opened={opened}
      onClose={onClose}
      onSubmit={submit}
      submit={t("train.start")}
      work={start}
      size="lg"
    >
      <VersionPicker value={version} onChange={setVersion} />
      <NativeSelect
        label={t("train.recipe")}
        description={entry?.summary}
        data={recipes.map((recipe) => ({
          value: recipe.name,
          label: `${recipe.name} · ${word("task", String(recipe.recipe["task"]))}`,
        }))}
        value={entry?.name ?? ""}
        onChange={(event) => {
          choose(event.currentTarget.value);
          setValues({});
        }}
      />
      <div className={styles["pair"]}>
        <TextInput
          label={t("train.name")}
          placeholder={t("train.name_hint")}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <NumberInput
          label={t("train.seed")}
          min={0}
          max={2 ** 31 - 1}
          allowDecimal={false}
          value={seed}
          onChange={(next) => setSeed(typeof next === "number" ? next : 1)}
        />
      </div>
      {entry && (
        <details className={styles["settings"]}>
          <summary>{t("train.settings")}</summary>
          <FormFromSchema schema={fieldsOf(entry.schema, entry.recipe)} values={values} onChange={setValues} />
        </details>
      )}
    </FormDialog>
  );
}
