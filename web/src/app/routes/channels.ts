import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { teamRoute } from "../parent.ts";
import { withStyles } from "../with-styles.ts";

const channels = withStyles(() => import("../../pages/channels/index.ts"));
const partners = createRoute({
  getParentRoute: () => teamRoute,
  path: "/channels",
  component: lazyRouteComponent(channels, "PartnersPage"),
});

export const channelPages = [partners] as const;
