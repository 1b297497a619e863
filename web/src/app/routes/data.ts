import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { teamRoute } from "../parent.ts";
import { withStyles } from "../with-styles.ts";

const pages = withStyles(() => import("../../pages/data/index.ts"));

const filters = ["part", "label", "source", "slice", "group", "search", "tab"] as const;
/** What the example browser shows; kept in the address, so that it can be sent to somebody. */
export type VersionSearch = Partial<Record<(typeof filters)[number], string>>;

const datasets = createRoute({
  getParentRoute: () => teamRoute,
  path: "/data",
  component: lazyRouteComponent(pages, "DatasetsPage"),
});
const dataset = createRoute({
  getParentRoute: () => teamRoute,
  path: "/data/$id",
  component: lazyRouteComponent(pages, "DatasetPage"),
});
const version = createRoute({
  getParentRoute: () => teamRoute,
  path: "/data/versions/$id",
  component: lazyRouteComponent(pages, "VersionPage"),
  validateSearch: (search: Record<string, unknown>): VersionSearch =>
    Object.fromEntries(
      filters.flatMap((name) => {
        const value = search[name];
        return typeof value === "string" || typeof value === "number" ? [[name, String(value)]] : [];
      }),
    ),
});

export const dataPages = [datasets, dataset, version] as const;
