import { createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import { HomePage } from "../pages/home/home-page.tsx";
import { NotFound } from "./not-found.tsx";
import { PageError } from "./page-error.tsx";
import { rootRoute, teamRoute } from "./parent.ts";
import { withStyles } from "./with-styles.ts";
import { dataPages } from "./routes/data.ts";
import { reviewPages } from "./routes/review.ts";

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
const portalPages = () => import("../portal/index.tsx");
const portal = createRoute({
  getParentRoute: () => rootRoute,
  id: "portal",
  component: lazyRouteComponent(portalPages, "Portal"),
});
const portalHome = createRoute({
  getParentRoute: () => portal,
  path: "/portal",
  component: lazyRouteComponent(portalPages, "OverviewPage"),
});
const portalKeys = createRoute({
  getParentRoute: () => portal,
  path: "/portal/keys",
  component: lazyRouteComponent(portalPages, "KeysPage"),
});
const portalInvoices = createRoute({
  getParentRoute: () => portal,
  path: "/portal/invoices",
  component: lazyRouteComponent(portalPages, "InvoicesPage"),
});
const portalPlan = createRoute({
  getParentRoute: () => portal,
  path: "/portal/plan",
  component: lazyRouteComponent(portalPages, "PlanPage"),
});
const partnerPages = () => import("../partner/index.tsx");
const partner = createRoute({
  getParentRoute: () => rootRoute,
  id: "partner",
  component: lazyRouteComponent(partnerPages, "PartnerPortal"),
});
const partnerHome = createRoute({
  getParentRoute: () => partner,
  path: "/partner",
  component: lazyRouteComponent(partnerPages, "EarningsPage"),
});
const partnerCustomers = createRoute({
  getParentRoute: () => partner,
  path: "/partner/customers",
  component: lazyRouteComponent(partnerPages, "CustomersPage"),
});
const publicPages = () => import("../public/index.ts");
const products = createRoute({
  getParentRoute: () => rootRoute,
  path: "/p",
  component: lazyRouteComponent(publicPages, "ProductsPage"),
});
const product = createRoute({
  getParentRoute: () => rootRoute,
  path: "/p/$name",
  component: lazyRouteComponent(publicPages, "ProductPage"),
const sell = withStyles(() => import("../pages/sell/index.ts"));
  getParentRoute: () => teamRoute,
  path: "/sell",
  component: lazyRouteComponent(sell, "ProductsPage"),
const plans = createRoute({
  getParentRoute: () => teamRoute,
  path: "/sell/plans",
  component: lazyRouteComponent(sell, "PlansPage"),
const customers = createRoute({
  getParentRoute: () => teamRoute,
  path: "/sell/customers",
  component: lazyRouteComponent(sell, "CustomersPage"),
const customer = createRoute({
  getParentRoute: () => teamRoute,
  path: "/sell/customers/$id",
  component: lazyRouteComponent(sell, "CustomerPage"),
const invoices = createRoute({
  getParentRoute: () => teamRoute,
  path: "/sell/invoices",
  component: lazyRouteComponent(sell, "InvoicesPage"),
const invoice = createRoute({
  getParentRoute: () => teamRoute,
  path: "/sell/invoices/$id",
  component: lazyRouteComponent(sell, "InvoicePage"),
const simulator = createRoute({
  getParentRoute: () => teamRoute,
  path: "/sell/simulator",
  component: lazyRouteComponent(sell, "SimulatorPage"),
});
const nowhere = createRoute({ getParentRoute: () => teamRoute, path: "$", component: NotFound });

/** Every page. Routes are constants: written in place their addresses would lose their types. */
const routeTree = rootRoute.addChildren([
  setUp,
  enter,
  products,
  product,
  portal.addChildren([portalHome, portalKeys, portalInvoices, portalPlan]),
  partner.addChildren([partnerHome, partnerCustomers]),
  teamRoute.addChildren([home, ...dataPages, ...reviewPages, products, plans, customers, customer, invoices, invoice, simulator, nowhere]),
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
