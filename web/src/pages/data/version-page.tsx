import { Button } from "@mantine/core";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useMay } from "../../api/auth.ts";
import type { Answer } from "../../api/client.ts";
import { useGet } from "../../api/queries.ts";
import type { TextKey } from "../../i18n/language.ts";
import { useText } from "../../i18n/text.ts";
import { Figure, Figures } from "../../ui/figure.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { Panel, Stack } from "../../ui/panel.tsx";
import { ErrorState, Loading } from "../../ui/states.tsx";
import { ApplyReviews } from "./apply-reviews.tsx";
import { Changes } from "./changes.tsx";
import { Doubts } from "./doubts.tsx";
import { ExampleBrowser } from "./example-browser.tsx";
import { NearDuplicates } from "./near-duplicates.tsx";
import { ReviewExamples } from "./review-examples.tsx";
import styles from "./data.module.css";

export type Version = Answer<"GET /admin/v1/dataset-versions/{id}">;

const tabs = {
  examples: { text: "data.examples", view: ExampleBrowser },
  changes: { text: "data.changes", view: Changes },
  near: { text: "data.near", view: NearDuplicates },
  doubts: { text: "data.doubts", view: Doubts },
} as const satisfies Readonly<Record<string, { readonly text: TextKey; readonly view: unknown }>>;

type Tab = keyof typeof tabs;

/** One version: its examples, what changed in it, near-duplicates, labels that are likely wrong. */
export function VersionPage() {
  const { t, format } = useText();
  const may = useMay();
  const navigate = useNavigate();
  const { id } = useParams({ from: "/team/data/versions/$id" });
  const { tab: wanted = "examples" } = useSearch({ from: "/team/data/versions/$id" });
  const tab: Tab = wanted in tabs ? (wanted as Tab) : "examples";
  const { data, error, refetch } = useGet("GET /admin/v1/dataset-versions/{id}", { params: { id } });
  const dataset = useGet(
    "GET /admin/v1/datasets/{id}",
    { params: { id: data?.dataset ?? "" } },
    { enabled: data !== undefined },
  );
  if (!data) return error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Loading />;
  const View = tabs[tab].view;
  const figures: readonly [TextKey, string][] = [
    ["data.part_train", "train"],
    ["data.part_validation", "validation"],
    ["data.part_test", "test"],
    ["data.part_pool", "pool"],
  ];
  return (
    <>
      <PageHeader
        title={`${dataset.data?.name ?? "…"} @${data.number}`}
        text={
          <>
            <Link to="/data/$id" params={{ id: data.dataset }} className={styles["inText"] ?? ""}>
              {t("data.versions")}
            </Link>
            {` · ${data.note}`}
          </>
        }
      >
        {may("review", "write") && <ReviewExamples version={data} />}
        {may("data", "write") && may("review") && dataset.data && <ApplyReviews dataset={dataset.data} />}
        {may("models") && (
          <Button variant="default" onClick={() => void navigate({ to: "/data/lineage", search: { of: id } })}>
            {t("lineage.title")}
          </Button>
        )}
      </PageHeader>
      <Stack>
        <Figures>
          {figures.map(([text, part]) => (
            <Figure key={part} label={t(text)} value={format.number(data.counts[part] ?? 0)} />
          ))}
        </Figures>
        <nav className={styles["tabs"]} aria-label={t("data.views")}>
          {(Object.keys(tabs) as Tab[]).map((each) => (
            <button
              key={each}
              type="button"
              aria-current={each === tab ? "page" : undefined}
              onClick={() =>
                void navigate({
                  to: "/data/versions/$id",
                  params: { id },
                  search: each === "examples" ? {} : { tab: each },
                })
              }
            >
              {t(tabs[each].text)}
            </button>
          ))}
        </nav>
        {tab === "examples" ? (
          <View version={data} />
        ) : (
          <Panel>
            <View version={data} />
          </Panel>
        )}
      </Stack>
    </>
  );
}
