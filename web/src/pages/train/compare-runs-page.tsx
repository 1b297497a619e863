import { useQueries } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { call } from "../../api/client.ts";
import { useText } from "../../i18n/text.ts";
import { PageHeader } from "../../ui/page-header.tsx";
import { Panel, Stack } from "../../ui/panel.tsx";
import { EmptyState, Loading } from "../../ui/states.tsx";
import { StateBadge } from "../../ui/values.tsx";
import { Curves, lastFigure } from "./curves.tsx";
import styles from "./train.module.css";

/** The validation curves of several runs on one chart, and their recipes where they differ. */
export function CompareRunsPage() {
  const { t, format } = useText();
  const { runs: wanted } = useSearch({ from: "/team/train/compare" });
  const ids = wanted.split(",").filter(Boolean).slice(0, 6);
  const found = useQueries({
    queries: ids.map((id) => ({
      queryKey: ["GET /admin/v1/runs/{id}", { params: { id } }],
      queryFn: ({ signal }: { signal: AbortSignal }) => call("GET /admin/v1/runs/{id}", { params: { id } }, signal),
      refetchInterval: 2_000,
    })),
  });
  const loaded = found.flatMap(({ data }) => data ?? []);
  const differing = useMemo(() => differencesOf(loaded.map(({ recipe }) => recipe)), [loaded]);
  return (
    <>
      <PageHeader title={t("train.comparison")} text={t("train.comparison_text")} />
      {ids.length === 0 && <EmptyState icon="train" title={t("train.none")} text={t("train.comparison_none")} />}
      {loaded.length < ids.length && <Loading />}
      {loaded.length > 0 && (
        <Stack>
          <Curves runs={loaded} />
          <Panel title={t("train.differences")}>
            <div className={styles["scroll"]} tabIndex={0} role="region" aria-label={t("train.differences")}>
              <table className={styles["table"]}>
                <thead>
                  <tr>
                    <th scope="col">{t("train.name")}</th>
                    <th scope="col">{t("train.state")}</th>
                    <th scope="col">{t("train.validation")}</th>
                    <th scope="col">{t("train.seed")}</th>
                    {differing.map((path) => (
                      <th key={path} scope="col">
                        {path}
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {loaded.map((run) => {
                    const values = flat(run.recipe);
                    return (
                      <tr key={run.id}>
                        <th scope="row">
                          <Link to="/train/runs/$id" params={{ id: run.id }}>
                            {run.name}
                          </Link>
                        </th>
                        <td>
                          <StateBadge state={run.state} />
                        </td>
                        <td>{lastFigure(run, format)}</td>
                        <td>{run.seed}</td>
                        {differing.map((path) => (
                          <td key={path}>{values.get(path) ?? "–"}</td>
                        ))}
                      </tr>
                    );
                  })}
                </tbody>
              </table>
            </div>
          </Panel>
        </Stack>
      )}
    </>
  );
}

/** Places of recipes with their values: `training.rate` → `0.01`. */
export function flat(recipe: unknown, path = ""): Map<string, string> {
  if (typeof recipe !== "object" || recipe === null || Array.isArray(recipe)) {
    return new Map([[path, JSON.stringify(recipe)]]);
  }
  const inside = Object.entries(recipe).flatMap(([name, value]) => [...flat(value, path ? `${path}.${name}` : name)]);
  return new Map(inside);
}

function differencesOf(recipes: readonly unknown[]): readonly string[] {
  const all = recipes.map((recipe) => flat(recipe));
  const paths = [...new Set(all.flatMap((one) => [...one.keys()]))];
  return paths.filter((path) => new Set(all.map((one) => one.get(path))).size > 1);
}
