import { isAudited } from "./auditing.ts";
import type { Route } from "./route.ts";

/** Asking is paid and recorded by itself; the rest of a customer's POSTs are changes of its account. */
const paidPath: ReadonlySet<string> = new Set(["/v1/predictions", "/v1/feedback"]);

/** A customer's changes by API key are told in the audit log, but for what is on the paid path. */
export function withAccountAudit(route: Route): Route {
  return route.who === "customer" && !paidPath.has(route.path) ? { ...route, audited: true } : route;
}

/** What customers do with a key, its users do with a session: the same handlers under `/portal/v1`. */
export function portalPlane(routes: readonly Route[]): Route[] {
  return routes
    .filter(({ who, method, path }) => who === "customer" && !(method === "POST" && path === "/v1/predictions"))
    .map((route) => {
      const { audited: _, ...rest } = route;
      const path = route.path.replace(/^\/v1\//, "/portal/v1/");
      const portal: Route = { ...rest, who: "portal", path, tag: "Customer portal" };
      return isAudited(portal) && paidPath.has(route.path) ? { ...portal, audited: false } : portal;
    });
}
