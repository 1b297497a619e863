import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { teamRoute } from "../parent.ts";
import { withStyles } from "../with-styles.ts";

const sell = withStyles(() => import("../../pages/sell/index.ts"));
const products = createRoute({
  getParentRoute: () => teamRoute,
  path: "/sell",
  component: lazyRouteComponent(sell, "ProductsPage"),
});
const product = createRoute({
  getParentRoute: () => teamRoute,
  path: "/sell/products/$id",
  component: lazyRouteComponent(sell, "ProductPage"),
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

export const sellPages = [products, product, plans, customers, customer, invoices, invoice, simulator] as const;
