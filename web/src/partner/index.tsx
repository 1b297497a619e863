import { RealmGate, type RealmPlace } from "../portal/realm-frame.tsx";

export { CustomersPage } from "./customers-page.tsx";
export { EarningsPage } from "./earnings-page.tsx";

const places: readonly RealmPlace[] = [
  { name: "partner.overview", to: "/partner" },
  { name: "partner.customers", to: "/partner/customers" },
  { name: "settings.account", to: "/partner/account" },
];

export function PartnerPortal() {
  return <RealmGate realm="partner" places={places} />;
}
