import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useMay } from "../../../api/auth.ts";
import { useGet } from "../../../api/queries.ts";
import type { ImportSearch } from "../../../app/routes/data.ts";
import { useText } from "../../../i18n/text.ts";
import { PageHeader } from "../../../ui/page-header.tsx";
import { Stack } from "../../../ui/panel.tsx";
import { ErrorState, Loading } from "../../../ui/states.tsx";
import { ChooseFile } from "./choose-file.tsx";
import { Columns } from "./columns.tsx";
import { Outcome } from "./outcome.tsx";
import dataStyles from "../data.module.css";
import styles from "./import.module.css";

const steps = ["file", "columns", "report"] as const;

/** A file into a dataset: chosen, looked at, imported. Where one is stands in the address, so that one may leave and come back. */
export function ImportPage() {
  const { t } = useText();
  const may = useMay();
  const navigate = useNavigate();
  const found = useSearch({ from: "/team/data/import" });
  const dataset = useGet(
    "GET /admin/v1/datasets/{id}",
    { params: { id: found.dataset ?? "" } },
    { enabled: found.dataset !== undefined },
  );
  const go = (search: ImportSearch): void => void navigate({ to: "/data/import", search, replace: true });
  const step = found.import ? "report" : found.upload ? "columns" : "file";
  const target = found.dataset === undefined ? null : dataset.data;
  return (
    <>
      <PageHeader
        title={target ? t("import.title_into", { name: target.name }) : t("import.title")}
        text={
          <Link
            to={target ? "/data/$id" : "/data"}
            {...(target ? { params: { id: target.id } } : {})}
            className={dataStyles["inText"] ?? ""}
          >
            {target ? target.name : t("data.datasets")}
          </Link>
        }
      />
      <ol className={styles["steps"]} aria-label={t("import.steps")}>
        {steps.map((each) => (
          <li key={each} aria-current={each === step ? "step" : undefined}>
            {t(`import.step_${each}`)}
          </li>
        ))}
      </ol>
      <Stack>
        {!may("data", "write") && <ErrorState error={new Error(t("state_of_page.forbidden"))} />}
        {dataset.error && <ErrorState error={dataset.error} onRetry={() => void dataset.refetch()} />}
        {target === undefined && !dataset.error && <Loading />}
        {may("data", "write") && target !== undefined && step === "file" && (
          <ChooseFile onDone={(upload) => go({ ...found, upload })} />
        )}
        {may("data", "write") && target !== undefined && found.upload !== undefined && step === "columns" && (
          <Columns
            upload={found.upload}
            dataset={target}
            onBegun={({ id, dataset: into }) => go({ dataset: into, upload: found.upload, import: id })}
            onLeft={() => go({ dataset: found.dataset })}
          />
        )}
        {found.import !== undefined && (
          <Outcome id={found.import} onAgain={() => go({ dataset: found.dataset, upload: found.upload })} />
        )}
      </Stack>
    </>
  );
}
