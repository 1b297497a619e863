import { describe, expect, it } from "vitest";
import { networks } from "./networks.ts";

describe("networks", () => {
  it.each<[story: string, networks: string[], address: string | undefined, is: boolean]>([
    ["an address is itself", ["203.0.113.7"], "203.0.113.7", true],
    ["and not its neighbour", ["203.0.113.7"], "203.0.113.8", false],
    ["a network has all its addresses", ["203.0.113.0/24"], "203.0.113.255", true],
    ["and not the next", ["203.0.113.0/24"], "203.0.114.0", false],
    ["host bits do not matter", ["10.9.8.7/8"], "10.1.1.1", true],
    ["everything", ["0.0.0.0/0"], "8.8.8.8", true],
    ["every IPv4 address is no IPv6 address", ["0.0.0.0/0"], "2001:db8::1", false],
    ["IPv6", ["2001:db8::/32"], "2001:db8:ffff::1", true],
    ["IPv6, long and short", ["2001:0db8:0000::0001"], "2001:db8::1", true],
    ["IPv6 outside", ["2001:db8::/32"], "2001:db9::1", false],
    ["IPv4 over an IPv6 socket", ["203.0.113.0/24"], "::ffff:203.0.113.9", true],
    ["a link-local address with its zone", ["fe80::/10"], "fe80::1%eth0", true],
    ["one of several", ["10.0.0.0/8", "2001:db8::/32"], "10.0.0.1", true],
    ["none", [], "10.0.0.1", false],
    ["an address that is not known", ["0.0.0.0/0", "::/0"], undefined, false],
    ["what is no address", ["0.0.0.0/0"], "unix:", false],
  ])("%s", (_story, list, address, is) => {
    expect(networks(list, "addresses")(address)).toBe(is);
  });

  it.each([
    "",
    "10.0.0.0/33",
    "2001:db8::/129",
    "10.0.0",
    "10.0.0.1/-1",
    "10.0.0.1/",
    "example.com",
    "10.0.0.256",
    "::1/x",
  ])("%j is refused", (text) => {
    const refusal = expect.objectContaining({
      code: "invalid_request",
      details: expect.objectContaining({ param: "at" }),
    });
    expect(() => networks([text], "at")).toThrow(refusal);
  });
});
