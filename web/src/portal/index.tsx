import { RealmGate, type RealmPlace } from "./realm-frame.tsx";

export { InvoicesPage } from "./invoices-page.tsx";
export { KeysPage } from "./keys-page.tsx";
export { OverviewPage } from "./overview-page.tsx";
export { PlanPage } from "./plan-page.tsx";

const places: readonly RealmPlace[] = [
  { name: "portal.overview", to: "/portal" },
  { name: "portal.keys", to: "/portal/keys" },
  { name: "portal.invoices", to: "/portal/invoices" },
  { name: "portal.plan", to: "/portal/plan" },
  { name: "settings.account", to: "/portal/account" },
];

export function Portal() {
  return <RealmGate realm="customer" places={places} />;
}
