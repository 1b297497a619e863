/** Which kinds of ledger accounts mean revenue, cost and commission in reports. */
export const moneyKinds: Readonly<Record<string, "revenue" | "cost" | "commission">> = {
  usage_revenue: "revenue",
  fee_revenue: "revenue",
  cost: "cost",
  commission: "commission",
};
