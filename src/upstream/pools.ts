import { type Dispatcher, Pool } from "undici";
import { limits } from "../kernel/limits.ts";
import { hostOf, isPrivateAddress, privateAddressCode, publicLookup } from "./address.ts";
import { TryFailed } from "./failure.ts";
import { isIP } from "node:net";

/** Sockets that are kept open, by where they go and what they may reach. */
export interface Pools {
  /** Throws `TryFailed` for an address that is private where none is allowed. */
  of(baseUrl: string, allowPrivate: boolean): { readonly dispatcher: Dispatcher; readonly prefix: string };
  close(): Promise<void>;
}

export function openPools(): Pools {
  const pools = new Map<string, { readonly dispatcher: Pool; readonly prefix: string }>();
  return {
    of(baseUrl, allowPrivate) {
      const key = `${allowPrivate ? "any" : "public"} ${baseUrl}`;
      const known = pools.get(key);
      if (known) return known;
      const url = new URL(baseUrl);
      const host = hostOf(url);
      if (!allowPrivate && isIP(host) && isPrivateAddress(host)) {
        throw new TryFailed({ kind: "private_address", reason: `${privateAddressCode}: a private address` });
      }
      const made = {
        dispatcher: new Pool(url.origin, poolOptions(allowPrivate)),
        prefix: url.pathname.replace(/\/$/, ""),
      };
      pools.set(key, made);
      return made;
    },
    async close() {
      await Promise.all([...pools.values()].map(({ dispatcher }) => dispatcher.destroy()));
      pools.clear();
    },
  };
}

const poolOptions = (allowPrivate: boolean): Pool.Options => ({
  connections: limits.upstreamConnectionsMax,
  pipelining: 1,
  maxHeaderSize: limits.upstreamHeaderBytesMax,
  keepAliveTimeout: 30_000,
  // a try has its own, shorter time to connect
  connect: { timeout: limits.routeConnectMsMax, ...(allowPrivate ? {} : { lookup: publicLookup }) },
});
