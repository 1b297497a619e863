import { Checkbox, NativeSelect, NumberInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useGet, usePost } from "../../api/queries.ts";
import type { Search } from "../../api/schema.gen.ts";
import { useText } from "../../i18n/text.ts";
import { FormDialog } from "../../ui/form-dialog.tsx";
import { VersionPicker } from "./version-picker.tsx";

const kinds: readonly Search["kind"][] = ["hyperparameters", "cross-validation", "learning-curve", "recipe-choice"];
const timed = new Set<Search["kind"]>(["hyperparameters", "recipe-choice"]);

interface StartSearchProps {
  readonly opened: boolean;
  readonly onClose: () => void;
}

export function StartSearch({ opened, onClose }: StartSearchProps) {
  const { t, word } = useText();
  const navigate = useNavigate();
  const recipes = useGet("GET /admin/v1/recipes", {}, { enabled: opened }).data?.data ?? [];
  const [version, setVersion] = useState("");
  const [kind, setKind] = useState<Search["kind"]>("hyperparameters");
  const [recipe, setRecipe] = useState("");
  const [minutes, setMinutes] = useState(10);
  const [trains, setTrains] = useState(false);
  const start = usePost("POST /admin/v1/searches", {
    touches: ["GET /admin/v1/searches"],
    onDone: ({ id }) => void navigate({ to: "/train/searches/$id", params: { id } }),
  });
  const submit = (): void =>
    start.mutate({
      body: {
        kind,
        dataset_version: version,
        ...(recipe && kind !== "recipe-choice" ? { recipe } : {}),
        ...(timed.has(kind) ? { minutes, train: trains } : {}),
      },
    });
  return (
    <FormDialog
      title={t("search.start")}
      opened={opened}
      onClose={onClose}
      onSubmit={submit}
      submit={t("search.start")}
      work={start}
    >
      <VersionPicker value={version} onChange={setVersion} />
      <NativeSelect
        label={t("search.kind")}
        data={kinds.map((value) => ({ value, label: word("kind", value) }))}
        value={kind}
        onChange={(event) => setKind(event.currentTarget.value as Search["kind"])}
      />
      {kind !== "recipe-choice" && (
        <NativeSelect
          label={t("train.recipe")}
          data={[
            { value: "", label: t("search.recipe_default") },
            ...recipes.map(({ name }) => ({ value: name, label: name })),
          ]}
          value={recipe}
          onChange={(event) => setRecipe(event.currentTarget.value)}
        />
      )}
      {timed.has(kind) && (
        <>
          <NumberInput
            label={t("search.minutes")}
            min={0.1}
            value={minutes}
            onChange={(next) => setMinutes(typeof next === "number" ? next : 10)}
          />
          <Checkbox
            label={t("search.train")}
            checked={trains}
            onChange={(event) => setTrains(event.currentTarget.checked)}
          />
        </>
      )}
    </FormDialog>
  );
}
