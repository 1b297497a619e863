import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { teamRoute } from "../parent.ts";
import { withStyles } from "../with-styles.ts";

/** Train, Models, Endpoints, Insight: each page is a chunk of its own. */
const runs = createRoute({
  getParentRoute: () => teamRoute,
  path: "/train",
  component: lazyRouteComponent(
    withStyles(() => import("../../pages/train/runs-page.tsx")),
    "RunsPage",
  ),
});
const run = createRoute({
  getParentRoute: () => teamRoute,
  path: "/train/runs/$id",
  component: lazyRouteComponent(
    withStyles(() => import("../../pages/train/run-page.tsx")),
    "RunPage",
  ),
});
const compareRuns = createRoute({
  getParentRoute: () => teamRoute,
  path: "/train/compare",
  validateSearch: ({ runs: ids }: { readonly runs?: unknown }) => ({ runs: typeof ids === "string" ? ids : "" }),
  component: lazyRouteComponent(
    withStyles(() => import("../../pages/train/compare-runs-page.tsx")),
    "CompareRunsPage",
  ),
});
const searches = createRoute({
  getParentRoute: () => teamRoute,
  path: "/train/searches",
  component: lazyRouteComponent(
    withStyles(() => import("../../pages/train/searches-page.tsx")),
    "SearchesPage",
  ),
});
const search = createRoute({
  getParentRoute: () => teamRoute,
  path: "/train/searches/$id",
  component: lazyRouteComponent(
    withStyles(() => import("../../pages/train/search-page.tsx")),
    "SearchPage",
  ),
});
const models = createRoute({
  getParentRoute: () => teamRoute,
  path: "/models",
  component: lazyRouteComponent(
    withStyles(() => import("../../pages/models/models-page.tsx")),
    "ModelsPage",
  ),
});
const model = createRoute({
  getParentRoute: () => teamRoute,
  path: "/models/$id",
  component: lazyRouteComponent(
    withStyles(() => import("../../pages/models/model-page.tsx")),
    "ModelPage",
  ),
});
const text = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);
const examples = createRoute({
  getParentRoute: () => teamRoute,
  path: "/models/$id/examples",
  validateSearch: (given: Readonly<Record<string, unknown>>): ExamplesWanted => {
    const [truth, answer, right] = [text(given["truth"]), text(given["answer"]), text(given["right"])];
    return {
      evaluation: text(given["evaluation"]) ?? "",
      ...(truth ? { truth } : {}),
      ...(answer ? { answer } : {}),
      ...(right === "true" || right === "false" ? { right } : {}),
    };
  },
  component: lazyRouteComponent(
    withStyles(() => import("../../pages/models/examples-page.tsx")),
    "ExamplesPage",
  ),
});
const compare = createRoute({
  getParentRoute: () => teamRoute,
  path: "/models/$id/compare",
  validateSearch: (given: Readonly<Record<string, unknown>>) => ({ with: text(given["with"]) ?? "" }),
  component: lazyRouteComponent(
    withStyles(() => import("../../pages/models/compare-page.tsx")),
    "ComparePage",
  ),
});
const routed = createRoute({
  getParentRoute: () => teamRoute,
  path: "/endpoints/routed/$endpoint",
  component: lazyRouteComponent(
    withStyles(() => import("../../pages/endpoints/routed-page.tsx")),
    "RoutedPage",
  ),
});
const endpoints = createRoute({
  getParentRoute: () => teamRoute,
  path: "/endpoints",
  component: lazyRouteComponent(
    withStyles(() => import("../../pages/endpoints/endpoints-page.tsx")),
    "EndpointsPage",
  ),
});
const endpoint = createRoute({
  getParentRoute: () => teamRoute,
  path: "/endpoints/$name",
  component: lazyRouteComponent(
    withStyles(() => import("../../pages/endpoints/endpoint-page.tsx")),
    "EndpointPage",
  ),
});
const pivot = createRoute({
  getParentRoute: () => teamRoute,
  path: "/insight",
  component: lazyRouteComponent(
    withStyles(() => import("../../pages/insight/pivot-page.tsx")),
    "PivotPage",
  ),
});
const cohorts = createRoute({
  getParentRoute: () => teamRoute,
  path: "/insight/cohorts",
  component: lazyRouteComponent(
    withStyles(() => import("../../pages/insight/cohorts-page.tsx")),
    "CohortsPage",
  ),
});

interface ExamplesWanted {
  readonly evaluation: string;
  readonly truth?: string | undefined;
  readonly answer?: string | undefined;
  readonly right?: "true" | "false" | undefined;
}

export const modelPages = [
  runs,
  run,
  compareRuns,
  searches,
  search,
  models,
  model,
  examples,
  compare,
  endpoints,
  routed,
  endpoint,
  pivot,
  cohorts,
] as const;
