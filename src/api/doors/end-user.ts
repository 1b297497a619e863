import { Refusal } from "../../kernel/errors.ts";

/** Which of the customer's own users a request is for: `safety_identifier`, or `user`, which it is to replace. */
export function endUserOf(body: { readonly [field: string]: unknown }): { readonly endUser?: string } {
  const param = isGiven(body["safety_identifier"]) ? "safety_identifier" : "user";
  const endUser = body[param];
  if (!isGiven(endUser)) return {};
  if (typeof endUser !== "string") throw new Refusal("invalid_request", `${param}: expected a text.`, { param });
  return { endUser };
}

const isGiven = (value: unknown): boolean => value !== undefined && value !== null && value !== "";
