import { Button, NativeSelect } from "@mantine/core";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { addressOf } from "../../api/client.ts";
import { useGet, useList } from "../../api/queries.ts";
import { useText } from "../../i18n/text.ts";
import { Facts } from "../../ui/facts.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { Columns, Panel, Stack } from "../../ui/panel.tsx";
import { ErrorState, Loading } from "../../ui/states.tsx";
import { When } from "../../ui/values.tsx";
import { Card } from "./card.tsx";
import { PublishVectors } from "./encoders.tsx";
import { EvaluationView } from "./evaluation-view.tsx";
import { Explain } from "./explain.tsx";
import { ModelPicker } from "./model-picker.tsx";
import styles from "./models.module.css";

/** What they answer is no label and no number. */
const unexplained: ReadonlySet<string> = new Set(["language-model", "word-vectors", "text-embedding"]);

/** One model: what it is worth and where it fails, why it says what it says, where it comes from; and its folder. */
export function ModelPage() {
  const { id } = useParams({ from: "/team/models/$id" });
  const navigate = useNavigate();
  const { t, format, word } = useText();
  const { data: model, error, refetch } = useGet("GET /admin/v1/models/{id}", { params: { id } });
  const evaluations = useList("GET /admin/v1/evaluations", { query: { model: id } });
  const [chosen, choose] = useState("");
  if (!model) return error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Loading />;
  const evaluation =
    evaluations.items.find((one) => one.id === chosen) ??
    evaluations.items.find(({ split }) => split === "test") ??
    evaluations.items[0];
  const { lineage } = model;
  return (
    <>
      <PageHeader title={model.name} text={word("task", model.task)}>
        <ModelPicker label={t("model.compare_with")} without={id} />
        <PublishVectors model={id} />
        <Button variant="default" onClick={() => void navigate({ to: "/data/lineage", search: { of: id } })}>
          {t("lineage.title")}
        </Button>
        <Button component="a" href={addressOf("GET /admin/v1/models/{id}/folder", { params: { id } })} download>
          {t("model.download")}
        </Button>
      </PageHeader>
      <Stack>
        {evaluations.items.length > 1 && (
          <NativeSelect
            label={t("model.evaluation")}
            className={styles["narrow"] ?? ""}
            data={evaluations.items.map((one) => ({
              value: one.id,
              label: `${word("split", one.split)} · ${format.dateTime(one.created_at_ms)}`,
            }))}
            value={evaluation?.id ?? ""}
            onChange={(event) => choose(event.currentTarget.value)}
          />
        )}
        {evaluation && <EvaluationView model={id} evaluation={evaluation} />}
        {!evaluation && !evaluations.isLoading && model.task !== "text-embedding" && (
          <p className={styles["dim"]}>{t("model.no_evaluation")}</p>
        )}
        {!unexplained.has(model.task) && <Explain model={id} task={model.task} />}
        <Columns>
          <Panel title={t("model.lineage")}>
            <Facts
              rows={[
                ...(lineage.run
                  ? [
                      [
                        t("model.run"),
                        <Link key="run" to="/train/runs/$id" params={{ id: lineage.run }}>
                          <code>{lineage.run}</code>
                        </Link>,
                      ] as const,
                    ]
                  : []),
                ...(lineage.parent
                  ? [
                      [
                        t("model.parent"),
                        <Link key="parent" to="/models/$id" params={{ id: lineage.parent }}>
                          <code>{lineage.parent}</code>
                        </Link>,
                      ] as const,
                    ]
                  : []),
                [t("train.version"), <code key="version">{lineage.dataset_version ?? "–"}</code>],
                [t("train.recipe"), <code key="recipe">{lineage.recipe?.slice(0, 16) ?? "–"}</code>],
                [t("model.labels"), model.labels.join(", ") || "–"],
                [t("model.size"), format.bytes(model.onnx_bytes)],
                [t("model.made"), <When key="when" ms={model.created_at_ms} exact />],
                [t("model.digest"), <code key="digest">{model.digest.slice(0, 16)}</code>],
              ]}
            />
          </Panel>
          <Panel title={t("model.card")}>
            <Card model={id} />
          </Panel>
        </Columns>
      </Stack>
    </>
  );
}
