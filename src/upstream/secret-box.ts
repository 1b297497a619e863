import { Refusal } from "../kernel/errors.ts";
import { seal, unseal } from "../kernel/secret-box.ts";
import type { Secret } from "../kernel/secret.ts";

const purpose = "upstream-secret";

/** `owner` is the upstream's id: copied to another row the box does not open. */
export function sealSecret(secret: Secret, pepper: Secret, owner: string): string {
  return seal({ pepper, purpose }, owner, secret);
}

/** Refusal `unavailable` when the pepper is another than the one it was sealed with, or the box was changed. */
export function openSecret(box: string, pepper: Secret, owner: string): Secret {
  const secret = unseal({ pepper, purpose }, owner, box);
  if (secret) return secret;
  throw new Refusal("unavailable", "An upstream's secret cannot be opened with this pepper.", {
    hint: "Restore the pepper it was stored under, or set it again: millrace upstream change NAME --secret-stdin",
  });
}
