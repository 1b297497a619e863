import { type LookupAddress, lookup as lookupName } from "node:dns";
import { BlockList, type LookupFunction, isIP } from "node:net";
import { Refusal } from "../kernel/errors.ts";
import { limits } from "../kernel/limits.ts";

/** Where an upstream may be: public addresses, and private ones only where its definition says so. */

// one list for each family: in a common one, IPv4 addresses would match the rule for IPv4 in IPv6
const reserved = { ipv4: new BlockList(), ipv6: new BlockList() };
const ranges: readonly [net: string, prefix: number, family: "ipv4" | "ipv6"][] = [
  ["0.0.0.0", 8, "ipv4"], // this network
  ["10.0.0.0", 8, "ipv4"],
  ["100.64.0.0", 10, "ipv4"], // carrier's
  ["127.0.0.0", 8, "ipv4"],
  ["169.254.0.0", 16, "ipv4"], // link-local, where clouds keep their credentials
  ["172.16.0.0", 12, "ipv4"],
  ["192.0.0.0", 24, "ipv4"],
  ["192.0.2.0", 24, "ipv4"],
  ["192.168.0.0", 16, "ipv4"],
  ["198.18.0.0", 15, "ipv4"],
  ["198.51.100.0", 24, "ipv4"],
  ["203.0.113.0", 24, "ipv4"],
  ["224.0.0.0", 3, "ipv4"], // multicast and reserved
  ["::", 96, "ipv6"], // unspecified, loopback, IPv4-compatible
  ["::ffff:0:0", 96, "ipv6"], // IPv4 in IPv6
  ["64:ff9b::", 32, "ipv6"], // translated to IPv4
  ["100::", 64, "ipv6"],
  ["2001::", 23, "ipv6"], // Teredo and the like
  ["2001:db8::", 32, "ipv6"],
  ["2002::", 16, "ipv6"], // IPv4 in 6to4
  ["fc00::", 7, "ipv6"],
  ["fe80::", 10, "ipv6"],
  ["fec0::", 10, "ipv6"],
  ["ff00::", 8, "ipv6"],
];
for (const [net, prefix, family] of ranges) reserved[family].addSubnet(net, prefix, family);

/** Whether an IP address is loopback, private, link-local, or of another kind that no public server has. */
export function isPrivateAddress(address: string): boolean {
  const version = isIP(address);
  const family = version === 4 ? "ipv4" : "ipv6";
  return version === 0 || reserved[family].check(address, family);
}

/**
 * An `http` or `https` URL without credentials, query and fragment; its path without a slash at the end. Refusal
 * `invalid_request`, also for a private address where none is allowed.
 */
export function parseBaseUrl(text: string, allowPrivate: boolean): string {
  const wrong = (message: string, hint?: string): Refusal =>
    new Refusal("invalid_request", message, { param: "base_url", ...(hint ? { hint } : {}) });
  const url = text.length <= limits.upstreamUrlCharsMax && URL.canParse(text) ? new URL(text) : undefined;
  if (!url || (url.protocol !== "https:" && url.protocol !== "http:")) {
    throw wrong("A base URL is written like https://api.example.com/v1.");
  }
  if (url.username || url.password) throw wrong("A base URL holds no user or password.", "Set the secret instead.");
  if (url.search || url.hash) throw wrong("A base URL has no query and no fragment.");
  const host = hostOf(url);
  if (!allowPrivate && (isIP(host) ? isPrivateAddress(host) : isLocalName(host))) {
    throw wrong(`${host} is a private address.`, "If it is yours, allow private addresses for this upstream.");
  }
  if (!allowPrivate && url.protocol === "http:") {
    throw wrong("A public upstream is reached by https: its secret would travel in clear text.");
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
}

/** Without the brackets of IPv6. */
export const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, "");

const isLocalName = (host: string): boolean => /(^|\.)(localhost|local|internal|home\.arpa)\.?$/i.test(host);

export const privateAddressCode = "EPRIVATE";

/**
 * Looks a name up when a socket is opened, and gives an error instead of a private address: a name that was public when the
 * upstream was defined cannot be turned inwards later.
 */
export const publicLookup: LookupFunction = (host, options, done) => {
  lookupName(host, { ...options, all: true }, (error, found) => {
    if (error) return done(error, "", 0);
    const bad = found.find(({ address }) => isPrivateAddress(address));
    const [first] = found;
    if (bad || !first) {
      const refused: NodeJS.ErrnoException = new Error(`${host} leads to a private address`);
      refused.code = privateAddressCode;
      return done(refused, "", 0);
    }
    if (options.all) return (done as (e: null, all: LookupAddress[]) => void)(null, found);
    return done(null, first.address, first.family);
  });
};
