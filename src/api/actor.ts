import { type Area, type AuditActor, type SignedIn, type User, accessesOf } from "../identity/index.ts";
import { invariant } from "../kernel/errors.ts";
import type { Id } from "../kernel/ids.ts";

/** Who sent a request. */
export type Actor =
  | { readonly kind: "operator_key"; readonly id: Id<"operatorKey"> }
  | ({ readonly kind: "user" } & SignedIn)
  /** By an API key, whose customer's rows alone are seen. */
  | { readonly kind: "customer_key"; readonly customer: Id<"customer"> }
  | { readonly kind: "nobody" };

export const nobody: Actor = { kind: "nobody" };

/** Only for routes that a customer's session or key opens. */
export function customerOfUser(user: User): Id<"customer"> {
  invariant(user.realm.kind === "customer", "the portal lets in customers' users only");
  return user.realm.customer;
}

/** Only for routes that a partner's session opens. */
export function partnerOf(actor: Actor): Id<"partner"> {
  invariant(actor.kind === "user" && actor.user.realm.kind === "partner", "this lets in partners' users only");
  return actor.user.realm.partner;
}

/** Only for routes that a session opens. */
export function signedInOf(actor: Actor): SignedIn {
  invariant(actor.kind === "user", "this lets in signed-in users only");
  return actor;
}

/** An operator key sees everything, a person what its role opens. */
export function sees(actor: Actor, area: Area): boolean {
  return actor.kind === "operator_key" || (actor.kind === "user" && accessesOf(actor.user)[area] !== "none");
}

export function auditActorOf(actor: Actor): AuditActor {
  const outside = { id: null, name: null, customer: null, partner: null };
  switch (actor.kind) {
    case "operator_key":
      return { ...outside, kind: "operator_key", id: actor.id };
    case "customer_key":
      return { ...outside, kind: "customer_key" };
    case "nobody":
      return { ...outside, kind: "nobody" };
    case "user":
      return userActor(actor.user);
  }
}

export function userActor({ id, name, realm }: User): AuditActor {
  return {
    kind: "user",
    id,
    name,
    customer: realm.kind === "customer" ? realm.customer : null,
    partner: realm.kind === "partner" ? realm.partner : null,
  };
}
