import type { FastifyReply, FastifyRequest } from "fastify";
import type { Actor } from "./actor.ts";
import type { ApiDeps } from "./deps.ts";
import { sendFailure } from "./failures.ts";

/**
 * How requests fail that customers would have paid for: answered as all are, and counted, unless the gateway has done it, which
 * knows the product. What fails before has none: a wrong key, a body that no model could read.
 */
export function askedInVain({ gateway }: Pick<ApiDeps, "gateway">) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    const code = sendFailure(error, request, reply);
    if (gateway.failures.isNoted(error)) return;
    // not there yet when the key itself was refused
    const actor: Actor | undefined = request.actor;
    const customer = actor?.kind === "customer_key" ? actor.customer : "";
    gateway.failures.note({ endpoint: "", product: "", customer }, code, error);
  };
}
