import { isIP } from "node:net";
import type { Dispatcher, Pool } from "undici";
import { limits } from "../kernel/limits.ts";
import { hostOf, isPrivateAddress, privateAddressCode, publicLookup } from "./address.ts";
import { TryFailed } from "./failure.ts";

/** Sockets that are kept open, by where they go and what they may reach. */
export interface Pools {
  /** Throws `TryFailed` for an address that is private where none is allowed. */
  of(baseUrl: string, allowPrivate: boolean): Way | Promise<Way>;
  /** Loads the client, which most commands never need. */
  warm(): Promise<void>;
  close(): Promise<void>;
}

/** Where a request goes: its sockets, and what stands before the path. */
export interface Way {
  readonly dispatcher: Dispatcher;
  readonly prefix: string;
}

export function openPools(): Pools {
  const pools = new Map<string, Way & { readonly dispatcher: Pool }>();
  let client: Promise<typeof import("undici")> | undefined;
  const load = () => (client ??= import("undici"));
  const open = async (key: string, url: URL, allowPrivate: boolean): Promise<Way> => {
    const { Pool: SocketPool } = await load();
    const known = pools.get(key);
    if (known) return known;
    const dispatcher = new SocketPool(url.origin, poolOptions(allowPrivate));
    const made = { dispatcher, prefix: url.pathname.replace(/\/$/, "") };
    pools.set(key, made);
    return made;
  };
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
      return open(key, url, allowPrivate);
    },
    warm: async () => void (await load()),
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
