import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { Secret } from "./secret.ts";

/** What a box is for: two purposes never open each other's boxes. */
export interface BoxKey {
  readonly pepper: Secret;
  readonly purpose: string;
}

/**
 * Seals a text for the database: AES-256-GCM under a key that HKDF derives from the pepper, as `v1.nonce.cipher.tag` in
 * base64url. `owner` is bound to the box: copied to another row it does not open.
 */
export function seal(key: BoxKey, owner: string, secret: Secret): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", derive(key), nonce).setAAD(Buffer.from(owner));
  const sealed = Buffer.concat([cipher.update(secret.reveal(), "utf8"), cipher.final()]);
  return ["v1", ...[nonce, sealed, cipher.getAuthTag()].map((part) => part.toString("base64url"))].join(".");
}

/** Undefined when the pepper is another than the one it was sealed with, or the box was changed or moved. */
export function unseal(key: BoxKey, owner: string, box: string): Secret | undefined {
  const [version, ...parts] = box.split(".");
  const [nonce, sealed, tag] = parts.map((part) => Buffer.from(part, "base64url"));
  if (version !== "v1" || nonce?.length !== 12 || !sealed || tag?.length !== 16) return undefined;
  const opener = createDecipheriv("aes-256-gcm", derive(key), nonce, { authTagLength: 16 });
  opener.setAAD(Buffer.from(owner)).setAuthTag(tag);
  try {
    return new Secret(Buffer.concat([opener.update(sealed), opener.final()]).toString("utf8"));
  } catch {
    return undefined;
  }
}

function derive({ pepper, purpose }: BoxKey): Buffer {
  return Buffer.from(hkdfSync("sha256", pepper.reveal(), "", `millrace/${purpose}/v1`, 32));
}
