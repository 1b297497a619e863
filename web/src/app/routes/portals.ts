import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { rootRoute } from "../parent.ts";
import { withStyles } from "../with-styles.ts";

const accountPages = withStyles(() => import("../../pages/account/index.ts"));
const portalPages = withStyles(() => import("../../portal/index.tsx"));
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
const portalAccount = createRoute({
  getParentRoute: () => portal,
  path: "/portal/account",
  component: lazyRouteComponent(accountPages, "AccountPage"),
});
const partnerPages = withStyles(() => import("../../partner/index.tsx"));
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
const partnerAccount = createRoute({
  getParentRoute: () => partner,
  path: "/partner/account",
  component: lazyRouteComponent(accountPages, "AccountPage"),
});
const publicPages = withStyles(() => import("../../public/index.ts"));
const products = createRoute({
  getParentRoute: () => rootRoute,
  path: "/p",
  component: lazyRouteComponent(publicPages, "ProductsPage"),
});
const product = createRoute({
  getParentRoute: () => rootRoute,
  path: "/p/$name",
  component: lazyRouteComponent(publicPages, "ProductPage"),
});

/** What people see who are not of the team: customers, partners, and everybody. */
export const portalRoutes = [
  products,
  product,
  portal.addChildren([portalHome, portalKeys, portalInvoices, portalPlan, portalAccount]),
  partner.addChildren([partnerHome, partnerCustomers, partnerAccount]),
] as const;
