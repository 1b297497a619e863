import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { Refusal } from "../kernel/errors.ts";
import { Secret } from "../kernel/secret.ts";

/** AES-256-GCM. The box is `v1.nonce.cipher.tag` in base64url; it opens only for the row it was made for. */
const purpose = "millrace/upstream-secret/v1";

function keyOf(pepper: Secret): Buffer {
  return Buffer.from(hkdfSync("sha256", pepper.reveal(), "", purpose, 32));
}

/** `owner` is bound to the box: copied to another row it does not open. */
export function sealSecret(secret: Secret, pepper: Secret, owner: string): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", keyOf(pepper), nonce).setAAD(Buffer.from(owner));
  const sealed = Buffer.concat([cipher.update(secret.reveal(), "utf8"), cipher.final()]);
  return ["v1", ...[nonce, sealed, cipher.getAuthTag()].map((part) => part.toString("base64url"))].join(".");
}

/** Refusal `unavailable` when the pepper is another than the one it was sealed with, or the box was changed. */
export function openSecret(box: string, pepper: Secret, owner: string): Secret {
  const [version, ...parts] = box.split(".");
  const [nonce, sealed, tag] = parts.map((part) => Buffer.from(part, "base64url"));
  try {
    if (version !== "v1" || !nonce || !sealed || !tag) throw new Error("not a box");
    const opener = createDecipheriv("aes-256-gcm", keyOf(pepper), nonce, { authTagLength: 16 });
    opener.setAAD(Buffer.from(owner)).setAuthTag(tag);
    return new Secret(Buffer.concat([opener.update(sealed), opener.final()]).toString("utf8"));
  } catch {
    throw new Refusal("unavailable", "An upstream's secret cannot be opened with this pepper.", {
      hint: "Restore the pepper it was stored under, or set the secret again: millrace upstream change NAME --secret-stdin",
    });
  }
}
