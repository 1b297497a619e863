import { equalInConstantTime, keyedHash } from "../../kernel/hash.ts";

/*
 * `Millrace-Signature: t=1767225600,v1=hex[,v1=hex]`: HMAC-SHA-256 of "t.body" by each secret that is in force. A receiver
 * takes the header if one of them is right and t is not old.
 */

export const signatureHeader = "millrace-signature";

/** Seconds within which a receiver should take a message; later it may be a replay. */
export const toleranceSeconds = 300;

export function signatureOf(body: string, secrets: readonly string[], nowMs: number): string {
  const seconds = Math.floor(nowMs / 1_000);
  return [`t=${seconds}`, ...secrets.map((secret) => `v1=${keyedHash(secret, `${seconds}.${body}`)}`)].join(",");
}

/** What a receiver does; here for tests and for those who receive in TypeScript. */
export function isSigned(
  message: { readonly body: string; readonly header: string },
  secret: string,
  nowMs: number,
): boolean {
  const parts = message.header.split(",").map((part) => part.split("=", 2) as [string, string?]);
  const seconds = Number(parts.find(([name]) => name === "t")?.[1]);
  if (!Number.isInteger(seconds) || Math.abs(nowMs / 1_000 - seconds) > toleranceSeconds) return false;
  const expected = keyedHash(secret, `${seconds}.${message.body}`);
  return parts.some(([name, value]) => name === "v1" && equalInConstantTime(value ?? "", expected));
}
