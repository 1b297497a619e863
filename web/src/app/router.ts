import { createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import { HomePage } from "../pages/home/home-page.tsx";
import { NotFound } from "./not-found.tsx";
import { PageError } from "./page-error.tsx";
import { rootRoute, teamRoute } from "./parent.ts";
import { dataPages } from "./routes/data.ts";
import { modelPages } from "./routes/models.ts";
import { portalRoutes } from "./routes/portals.ts";
import { reviewPages } from "./routes/review.ts";
import { sellPages } from "./routes/sell.ts";
import { settingsPages } from "./routes/settings.ts";
import { withStyles } from "./with-styles.ts";

const entrance = withStyles(() => import("../pages/entrance/index.ts"));
const setUp = createRoute({
  getParentRoute: () => rootRoute,
  path: "/set-up",
  component: lazyRouteComponent(entrance, "SetUpPage"),
});
const enter = createRoute({
  getParentRoute: () => rootRoute,
  path: "/enter",
  component: lazyRouteComponent(entrance, "EnterPage"),
});
const home = createRoute({ getParentRoute: () => teamRoute, path: "/", component: HomePage });
const nowhere = createRoute({ getParentRoute: () => teamRoute, path: "$", component: NotFound });

/** Every page. Routes are constants: written in place their addresses would lose their types. */
const routeTree = rootRoute.addChildren([
  setUp,
  enter,
  ...portalRoutes,
  teamRoute.addChildren([home, ...dataPages, ...reviewPages, ...modelPages, ...sellPages, ...settingsPages, nowhere]),
]);

export const appRouter = createRouter({
  routeTree,
  defaultPreload: "intent",
  defaultErrorComponent: PageError,
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof appRouter;
  }
}
