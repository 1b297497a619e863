import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { teamRoute } from "../parent.ts";
import { textsOf } from "../texts-of.ts";
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

/** Which usage is shown; kept in the address, so that it can be sent to somebody. */
export interface UsageSearch {
  readonly span?: string | undefined;
  readonly customer?: string | undefined;
  readonly key?: string | undefined;
  readonly product?: string | undefined;
  readonly model?: string | undefined;
  readonly unit?: string | undefined;
}
const usage = createRoute({
  getParentRoute: () => teamRoute,
  path: "/sell/usage",
  component: lazyRouteComponent(sell, "UsagePage"),
  validateSearch: (search: Record<string, unknown>): UsageSearch =>
    textsOf(search, ["span", "customer", "key", "product", "model", "unit"]),
});

export const sellPages = [products, product, plans, customers, customer, invoices, invoice, simulator, usage] as const;
