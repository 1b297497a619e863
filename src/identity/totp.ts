import { createHmac, randomBytes } from "node:crypto";
import { equalInConstantTime } from "../kernel/hash.ts";

/** Seconds for which a code is the code. */
const stepSeconds = 30;
const digits = 6;

/** The number of 30 seconds since 1970. */
export const stepAt = (nowMs: number): number => Math.floor(nowMs / 1000 / stepSeconds);

/** RFC 6238 with SHA-1 and six digits, which every authenticator app knows: HOTP (RFC 4226) of the step. */
export function codeAt(secret: Uint8Array, step: number, length = digits): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac("sha1", secret).update(counter).digest();
  const offset = (mac[mac.length - 1] ?? 0) & 0x0f;
  const number = mac.readUInt32BE(offset) & 0x7fff_ffff; // dynamic truncation
  return String(number % 10 ** length).padStart(length, "0");
}

/** The step of which `code` is the code: now, or one before or after, for clocks that are not quite right. */
export function stepOf(secret: Uint8Array, code: string, nowMs: number): number | undefined {
  const now = stepAt(nowMs);
  let found: number | undefined;
  for (const step of [now - 1, now, now + 1]) if (equalInConstantTime(codeAt(secret, step), code)) found = step;
  return found;
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** 160 random bits, as apps and people type them: base 32 (RFC 4648) without padding. */
export const newTotpSecret = (): string => base32(randomBytes(20));

export function base32(bytes: Uint8Array): string {
  let text = "";
  let held = 0;
  let bits = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) text += alphabet.charAt((held >>> (bits - 5)) & 31);
    held &= (1 << bits) - 1;
  }
  return bits > 0 ? text + alphabet.charAt((held << (5 - bits)) & 31) : text;
}

export function fromBase32(text: string): Uint8Array {
  const bytes: number[] = [];
  let held = 0;
  let bits = 0;
  for (const letter of text) {
    held = (held << 5) | alphabet.indexOf(letter);
    bits += 5;
    if (bits < 8) continue;
    bytes.push((held >>> (bits - 8)) & 255);
    bits -= 8;
    held &= (1 << bits) - 1;
  }
  return Uint8Array.from(bytes);
}

/** What an authenticator app reads from the picture. */
export function otpauthUrl(secret: string, issuer: string, account: string): string {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(account)}`;
  return `otpauth://totp/${label}?secret=${secret}&issuer=${encodeURIComponent(issuer)}`;
}
