export {
  type Attribution,
  type NamedAttribution,
  type NewAttribution,
  attributeCustomer,
  getAttribution,
  listAttributions,
} from "./attribution.ts";
export { type CloseReport, closeMonth, creditOne, issueCreditNote, issueItemInvoice, issueItemsOnce } from "./close.ts";
export { type Commission, commissionAccountKinds, listCommissions } from "./commission.ts";
export {
  type Channel,
  type NewPartner,
  type Partner,
  channels,
  createPartner,
  getPartner,
  listPartners,
} from "./partner.ts";
export { type Statement, type StatementAsk, getStatement, renderStatement } from "./statement.ts";
export { type ChannelTables } from "./tables.ts";
export { verifyChannel } from "./verify.ts";
