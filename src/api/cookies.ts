import type { FastifyReply, FastifyRequest } from "fastify";
import { limits } from "../kernel/limits.ts";
import { Secret } from "../kernel/secret.ts";

const plainName = "millrace_session";

/** Over https the prefix keeps other hosts of the domain from planting a cookie. */
const nameFor = (isSecure: boolean): string => (isSecure ? `__Host-${plainName}` : plainName);

/** The session's secret that the browser sent, if any. Of two with one name, as a planted one would be, none counts. */
export function sessionSecretOf(request: FastifyRequest, site: string): Secret | undefined {
  const wanted = `${nameFor(isSecure(site))}=`;
  const found = (request.headers.cookie ?? "")
    .split(";")
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(wanted));
  const value = found.length === 1 ? found[0]?.slice(wanted.length) : undefined;
  return value !== undefined && /^[\w-]{43}$/.test(value) ? new Secret(value) : undefined;
}

export function setSession(reply: FastifyReply, site: string, secret: Secret): void {
  void reply.header("set-cookie", cookie(site, secret.reveal(), Math.floor(limits.sessionMsMax / 1000)));
}

export function clearSession(reply: FastifyReply, site: string): void {
  void reply.header("set-cookie", cookie(site, "", 0));
}

function cookie(site: string, value: string, seconds: number): string {
  const secure = isSecure(site);
  const parts = [`${nameFor(secure)}=${value}`, "Path=/", "HttpOnly", "SameSite=Strict", `Max-Age=${seconds}`];
  return [...parts, ...(secure ? ["Secure"] : [])].join("; ");
}

const isSecure = (site: string): boolean => site.startsWith("https://");
