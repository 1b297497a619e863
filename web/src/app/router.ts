import { createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import { HomePage } from "../pages/home/home-page.tsx";
import { NotFound } from "./not-found.tsx";
import { PageError } from "./page-error.tsx";
import { rootRoute, teamRoute } from "./parent.ts";
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
const sell = withStyles(() => import("../pages/sell/index.ts"));
const products = createRoute({
  getParentRoute: () => teamRoute,
  path: "/sell",
  component: lazyRouteComponent(sell, "ProductsPage"),
});
const plans = createRoute({
  getParentRoute: () => teamRoute,
  path: "/sell/plans",
  component: lazyRouteComponent(sell, "PlansPage"),
});
const customers = createRoute({
  getParentRoute: () => teamRoute,
  path: "/sell/customers",
  component: lazyRouteComponent(sell, "CustomersPage"),
});
const customer = createRoute({
  getParentRoute: () => teamRoute,
  path: "/sell/customers/$id",
  component: lazyRouteComponent(sell, "CustomerPage"),
});
const invoices = createRoute({
  getParentRoute: () => teamRoute,
  path: "/sell/invoices",
  component: lazyRouteComponent(sell, "InvoicesPage"),
});
const invoice = createRoute({
  getParentRoute: () => teamRoute,
  path: "/sell/invoices/$id",
  component: lazyRouteComponent(sell, "InvoicePage"),
});
const simulator = createRoute({
  getParentRoute: () => teamRoute,
  path: "/sell/simulator",
  component: lazyRouteComponent(sell, "SimulatorPage"),
});
const channels = withStyles(() => import("../pages/channels/index.ts"));
const partners = createRoute({
  getParentRoute: () => teamRoute,
  path: "/channels",
  component: lazyRouteComponent(channels, "PartnersPage"),
});
const settings = withStyles(() => import("../pages/settings/index.ts"));
const team = createRoute({
  getParentRoute: () => teamRoute,
  path: "/settings",
  component: lazyRouteComponent(settings, "TeamPage"),
});
const audit = createRoute({
  getParentRoute: () => teamRoute,
  path: "/settings/audit",
  component: lazyRouteComponent(settings, "AuditPage"),
});
const upstreams = createRoute({
  getParentRoute: () => teamRoute,
  path: "/settings/upstreams",
  component: lazyRouteComponent(settings, "UpstreamsPage"),
});
const webhooks = createRoute({
  getParentRoute: () => teamRoute,
  path: "/settings/webhooks",
  component: lazyRouteComponent(settings, "WebhooksPage"),
});
const health = createRoute({
  getParentRoute: () => teamRoute,
  path: "/settings/health",
  component: lazyRouteComponent(settings, "HealthPage"),
});
const account = createRoute({
  getParentRoute: () => teamRoute,
  path: "/account",
  component: lazyRouteComponent(settings, "AccountPage"),
});
const nowhere = createRoute({ getParentRoute: () => teamRoute, path: "$", component: NotFound });

/** Every page. Routes are constants: written in place their addresses would lose their types. */
const routeTree = rootRoute.addChildren([
  setUp,
  enter,
  teamRoute.addChildren([
    home,
    products,
    plans,
    customers,
    customer,
    invoices,
    invoice,
    simulator,
    partners,
    team,
    audit,
    upstreams,
    webhooks,
    health,
    account,
    nowhere,
  ]),
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
