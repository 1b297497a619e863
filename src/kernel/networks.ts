import { BlockList, isIP } from "node:net";
import { Refusal } from "./errors.ts";

/** Whether an address lies in one of some networks; none for an address that nobody could read. */
export type InNetworks = (address: string | undefined) => boolean;

const pattern = /^([0-9a-fA-F.:]{2,45})(?:\/(\d{1,3}))?$/;

/** `203.0.113.7`, `203.0.113.0/24`, `2001:db8::/32`: addresses and networks of both kinds. Refuses anything else by name. */
export function networks(texts: readonly string[], param: string): InNetworks {
  const list = new BlockList();
  for (const text of texts) {
    const [, address = "", prefix] = pattern.exec(text) ?? [];
    const version = isIP(address);
    const bits = prefix === undefined ? undefined : Number(prefix);
    if (version === 0 || (bits !== undefined && bits > (version === 4 ? 32 : 128)))
      throw new Refusal("invalid_request", `"${text.slice(0, 60)}" is not an address or network.`, {
        param,
        hint: "Write 203.0.113.7, 203.0.113.0/24 or 2001:db8::/32.",
      });
    const family = version === 4 ? "ipv4" : "ipv6";
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, bits, family);
  }
  return (address) => {
    const plain = plainAddress(address ?? "");
    const version = isIP(plain);
    return version !== 0 && list.check(plain, version === 4 ? "ipv4" : "ipv6");
  };
}

/** Without the zone of a link-local address; an IPv4 address that came over an IPv6 socket is itself. */
function plainAddress(address: string): string {
  const [bare = ""] = address.split("%");
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)?.[1] ?? bare;
}
