export {
  type Access,
  type Accesses,
  type Area,
  type Role,
  allows,
  areas,
  noAccess,
  roleNames,
  roles,
} from "./access.ts";
export {
  type AuditActor,
  type AuditAsk,
  type AuditEnd,
  type AuditEvent,
  type NewAuditEvent,
  beginAudit,
  endAudit,
  listAuditEvents,
} from "./audit.ts";
export { type DailyUse, countDailyUse } from "./daily.ts";
export { type Link, type LinkPurpose, type NewLink, createLink, linkAddress } from "./link.ts";
export { type PasswordCost, type Passwords, openPasswords } from "./password.ts";
export {
  type Passkey,
  type PasskeyContext,
  listPasskeys,
  registerPasskey,
  registrationOptions,
  removePasskey,
  signInOptions,
} from "./passkeys.ts";
export { confirmTotp, removeTotp, startTotp } from "./second-factor.ts";
export {
  type From,
  type Session,
  type SignInWay,
  type SignedIn,
  endSession,
  findSession,
  listSessions,
  liveSessions,
  revokeAllSessions,
  revokeOtherSessions,
  revokeSession,
} from "./session.ts";
export {
  type IdentityDeps,
  type Opened,
  type Again,
  type PasswordChange,
  type SetUpInput,
  type SignInInput,
  assertRecent,
  changePassword,
  hashNewPassword,
  openNewUser,
  rotateSession,
  setUp,
  signIn,
  signInByLink,
  signInByPasskey,
} from "./sign-in.ts";
export { type SweepReport, sweepIdentity } from "./sweep.ts";
export {
  type NewUser,
  type Realm,
  type User,
  type UsersAsk,
  accessesOf,
  changeRole,
  changeUser,
  countPasskeys,
  createUser,
  disableUser,
  enableUser,
  getUser,
  isSetUp,
  listUsers,
  portalUser,
  userByEmail,
} from "./user.ts";
