import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { teamRoute } from "../parent.ts";
import { withStyles } from "../with-styles.ts";

const pages = withStyles(() => import("../../pages/review/index.ts"));

const text = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);

const review = createRoute({
  getParentRoute: () => teamRoute,
  path: "/review",
  component: lazyRouteComponent(pages, "ReviewPage"),
  validateSearch: ({ queue }: Record<string, unknown>): { queue?: string | undefined } =>
    text(queue) ? { queue: text(queue) } : {},
});
const queue = createRoute({
  getParentRoute: () => teamRoute,
  path: "/review/queue",
  component: lazyRouteComponent(pages, "QueuePage"),
  validateSearch: ({ view }: Record<string, unknown>): { view?: string | undefined } =>
    text(view) ? { view: text(view) } : {},
});
const item = createRoute({
  getParentRoute: () => teamRoute,
  path: "/review/items/$id",
  component: lazyRouteComponent(pages, "ItemPage"),
});
const agreement = createRoute({
  getParentRoute: () => teamRoute,
  path: "/review/agreement",
  component: lazyRouteComponent(pages, "AgreementPage"),
});

export const reviewPages = [review, queue, item, agreement] as const;
