import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { teamRoute } from "../parent.ts";
import { withStyles } from "../with-styles.ts";

const channels = withStyles(() => import("../../pages/channels/index.ts"));
const partners = createRoute({
  getParentRoute: () => teamRoute,
  path: "/channels",
  component: lazyRouteComponent(channels, "PartnersPage"),
});
const partner = createRoute({
  getParentRoute: () => teamRoute,
  path: "/channels/partners/$id",
  component: lazyRouteComponent(channels, "PartnerPage"),
});
const attributions = createRoute({
  getParentRoute: () => teamRoute,
  path: "/channels/attributions",
  component: lazyRouteComponent(channels, "AttributionsPage"),
});
const settings = withStyles(() => import("../../pages/settings/index.ts"));
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
const retention = createRoute({
  getParentRoute: () => teamRoute,
  path: "/settings/retention",
  component: lazyRouteComponent(settings, "RetentionPage"),
});
const branding = createRoute({
  getParentRoute: () => teamRoute,
  path: "/settings/branding",
  component: lazyRouteComponent(settings, "BrandingPage"),
});
const accountPages = withStyles(() => import("../../pages/account/index.ts"));
const account = createRoute({
  getParentRoute: () => teamRoute,
  path: "/account",
  component: lazyRouteComponent(accountPages, "AccountPage"),
});

export const settingsPages = [
  partners,
  partner,
  attributions,
  team,
  audit,
  upstreams,
  webhooks,
  retention,
  branding,
  health,
  account,
] as const;
