export {
  type AccountRef,
  type Balance,
  accountId,
  balanceOf,
  drawable,
  drawableOfEach,
  lockBalance,
  openAccounts,
  openLimitedAccount,
  setCreditLimit,
} from "./account.ts";
export { type FirstEntry, type HoldChange, changeHolds, lockHolds, postFirstEntries, takeHolds } from "./batch.ts";
export { type Check, check } from "./check.ts";
export {
  type Dimensions,
  type Entry,
  type NewEntry,
  type NewPosting,
  type Posted,
  type Posting,
  amountOn,
  findEntry,
  getEntry,
  postEntry,
  postFirstEntry,
} from "./entry.ts";
export {
  type EndedHold,
  type ExpireInput,
  type Hold,
  type NewHold,
  type Placed,
  expireHolds,
  findHold,
  giveBackHold,
  openHolds,
  placeHold,
  raiseHold,
  releaseHold,
  takeHold,
  unwantHold,
  wantHolds,
} from "./hold.ts";
export type { HoldState, LedgerTables } from "./tables.ts";
export { rebuildBalances, verifyLedger } from "./verify.ts";
