import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { teamRoute } from "../parent.ts";
import { textsOf } from "../texts-of.ts";
import { withStyles } from "../with-styles.ts";

const pages = withStyles(() => import("../../pages/data/index.ts"));

const filters = ["part", "label", "source", "slice", "group", "search", "tab"] as const;
/** What the example browser shows; kept in the address, so that it can be sent to somebody. */
export type VersionSearch = Partial<Record<(typeof filters)[number], string>>;

/** Where an import stands: the dataset it goes into, the file that was sent, the import that was begun. */
export interface ImportSearch {
  readonly dataset?: string | undefined;
  readonly upload?: string | undefined;
  readonly import?: string | undefined;
}

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
  validateSearch: (search: Record<string, unknown>): VersionSearch => textsOf(search, filters),
});
const importing = createRoute({
  getParentRoute: () => teamRoute,
  path: "/data/import",
  component: lazyRouteComponent(pages, "ImportPage"),
  validateSearch: (search: Record<string, unknown>): ImportSearch => textsOf(search, ["dataset", "upload", "import"]),
});

const lineage = createRoute({
  getParentRoute: () => teamRoute,
  path: "/data/lineage",
  component: lazyRouteComponent(pages, "LineagePage"),
  validateSearch: (search: Record<string, unknown>): { readonly of?: string } => textsOf(search, ["of"]),
});

export const dataPages = [datasets, dataset, version, importing, lineage] as const;
