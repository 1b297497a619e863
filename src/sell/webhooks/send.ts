import { lookup } from "node:dns";
import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { BlockList, type LookupFunction, isIP } from "node:net";
import { limits } from "../../kernel/limits.ts";
import type { SendMessage } from "./deliver.ts";

/** Addresses of this machine and of private networks: a customer's webhook must not reach what only we can. */
const inside = new BlockList();
for (const [network, prefix] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["224.0.0.0", 3],
] as const)
  inside.addSubnet(network, prefix, "ipv4");
for (const [network, prefix] of [
  ["::", 127],
  ["fc00::", 7],
  ["fe80::", 10],
  ["ff00::", 8],
] as const)
  inside.addSubnet(network, prefix, "ipv6");

export function isInside(address: string): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped) return inside.check(mapped, "ipv4");
  return inside.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
}

/** POSTs with a time-out and without following redirects. Unless `insideToo`, an address inside is refused, however it is named. */
export function messageSender({ insideToo }: { readonly insideToo: boolean }): SendMessage {
  const checked: LookupFunction = (host, options, done) => {
    lookup(host, { ...options, all: false }, (error, address, family) => {
      if (!error && !insideToo && isInside(address)) return done(refused(host), "", 4);
      if (options.all) return done(error, [{ address, family }]);
      return done(error, address, family);
    });
  };
  return ({ url, body, headers, signal }) =>
    new Promise((resolve, reject) => {
      const { protocol, hostname } = new URL(url);
      const bare = hostname.replace(/^\[|\]$/g, "");
      if (!insideToo && isIP(bare) !== 0 && isInside(bare)) return reject(refused(bare));
      const request = (protocol === "https:" ? requestHttps : requestHttp)(
        url,
        {
          method: "POST",
          headers: { ...headers, "content-length": Buffer.byteLength(body) },
          lookup: checked,
          signal: AbortSignal.any([signal, AbortSignal.timeout(limits.webhookTimeoutMs)]),
        },
        (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        },
      );
      request.on("error", reject);
      request.end(body);
    });
}

const refused = (host: string): Error => new Error(`${host.slice(0, 100)} is an address of a private network`);
