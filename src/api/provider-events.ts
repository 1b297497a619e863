import type { IncomingHttpHeaders } from "node:http";
import type { FastifyInstance } from "fastify";
import { notFound } from "../kernel/errors.ts";
import { type AppliedState, applyProviderEvent } from "../sell/index.ts";
import type { ApiDeps } from "./deps.ts";

/**
 * Where payment providers send their messages: the body is kept as it came, because its signature is over the bytes. A refusal
 * tells the provider to send it again.
 */
export async function registerProviderEvents(app: FastifyInstance, deps: ApiDeps): Promise<void> {
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) => done(null, body));
    scope.route<{ Params: { provider: string } }>({
      method: "POST",
      url: "/webhooks/:provider",
      schema: { hide: true },
      handler: ({ params, headers, body }) => take(deps, params.provider, headers, body),
    });
  });
}

async function take(
  deps: ApiDeps,
  name: string,
  headers: IncomingHttpHeaders,
  body: unknown,
): Promise<{ readonly state: AppliedState }> {
  const provider = deps.payments.get(name);
  if (!provider) throw notFound("payment provider", name);
  const signature = headers[`${name}-signature`];
  const event = provider.readEvent({
    body: typeof body === "string" ? body : "",
    signature: typeof signature === "string" ? signature : "",
    nowMs: deps.clock.now(),
  });
  return { state: await applyProviderEvent(deps.store, name, event, deps.clock.now()) };
}
