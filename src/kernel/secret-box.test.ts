import { expect, it } from "vitest";
import { Secret } from "./secret.ts";
import { seal, unseal } from "./secret-box.ts";

const key = { pepper: new Secret("pepper of the tests"), purpose: "tests" };
const secret = new Secret("sk-planted 海");

it("opens what it sealed, and says nothing of it", () => {
  const box = seal(key, "row 1", secret);
  expect(unseal(key, "row 1", box)?.reveal()).toBe("sk-planted 海");
  expect(box).not.toContain("planted");
  expect(seal(key, "row 1", secret)).not.toBe(box); // a fresh nonce each time
});

it.each<[string, string, string, typeof key]>([
  ["of another row", "row 2", "", key],
  ["under another pepper", "row 1", "", { ...key, pepper: new Secret("another pepper") }],
  ["for another purpose", "row 1", "", { ...key, purpose: "else" }],
  ["that was changed", "row 1", "AAAA", key],
])("does not open a box %s", (_story, owner, suffix, other) => {
  const [version, nonce, sealed, tag] = seal(key, "row 1", secret).split(".");
  expect(unseal(other, owner, [version, nonce, `${sealed}${suffix}`, tag].join("."))).toBeUndefined();
});

it.each(["", "v1", "v1...", "v2.AAAA.AAAA.AAAA", "sk-planted"])("does not open %j", (box) => {
  expect(unseal(key, "row 1", box)).toBeUndefined();
});
