import { commissionAccountKinds } from "../channel/index.ts";
import { accountKinds } from "../sell/index.ts";

/** Which kinds of ledger accounts mean revenue, cost and commission in reports. */
export const moneyKinds: Readonly<Record<string, "revenue" | "cost" | "commission">> = {
  [accountKinds.usageRevenue]: "revenue",
  [accountKinds.feeRevenue]: "revenue",
  [accountKinds.serviceRevenue]: "revenue",
  [accountKinds.discount]: "revenue",
  [accountKinds.taxIncluded]: "revenue",
  [accountKinds.rounding]: "revenue",
  [accountKinds.breakage]: "revenue",
  [accountKinds.cost]: "cost",
  [commissionAccountKinds.expense]: "commission",
};
