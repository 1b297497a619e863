import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { networkOf } from "./attempts.ts";
import { base32, codeAt, fromBase32, otpauthUrl, stepAt, stepOf } from "./totp.ts";

describe("codes of an authenticator app", () => {
  const secret = Buffer.from("12345678901234567890");
  it.each([
    [59, "94287082"],
    [1111111109, "07081804"],
    [1111111111, "14050471"],
    [1234567890, "89005924"],
    [2000000000, "69279037"],
    [20000000000, "65353130"],
  ])("are those of RFC 6238, appendix B, at %i s", (seconds, code) => {
    expect(codeAt(secret, stepAt(seconds * 1000), 8)).toBe(code);
  });
  it("of the half minutes around now count, others do not", () => {
    const nowMs = 1_000_000_000_000;
    const now = stepAt(nowMs);
    const found = [-2, -1, 0, 1, 2].map((by) => stepOf(secret, codeAt(secret, now + by), nowMs));
    expect(found).toEqual([undefined, now - 1, now, now + 1, undefined]);
    expect(stepOf(secret, "", nowMs)).toBeUndefined();
  });
  it("come from a secret that is written in base 32 as RFC 4648 says, and read back", () => {
    expect(base32(Buffer.from("foobar"))).toBe("MZXW6YTBOI");
    const there = (bytes: Uint8Array): boolean => Buffer.from(fromBase32(base32(bytes))).equals(Buffer.from(bytes));
    expect(fc.check(fc.property(fc.uint8Array(), there), { seed: 1 }).failed).toBe(false);
    expect(otpauthUrl("ABC", "Millrace", "a b@example.com")).toBe(
      "otpauth://totp/Millrace:a%20b%40example.com?secret=ABC&issuer=Millrace",
    );
  });
});

describe("an address is counted", () => {
  it.each([
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["2001:db8:1:2::5", "2001:db8:1:2"],
    ["2001:DB8:0001:0002:ffff:ffff:ffff:ffff", "2001:db8:1:2"],
    ["2001:db8::1", "2001:db8:0:0"],
    ["::1", "0:0:0:0"],
    ["fe80::1%eth0", "fe80:0:0:0"],
  ])("%s as %s", (address, network) => expect(networkOf(address)).toBe(network));
});
