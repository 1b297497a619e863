import type { Socket } from "node:net";
import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import { context, propagation, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import Fastify, { LogController, type FastifyBaseLogger, type FastifyInstance, type FastifyReply } from "fastify";
import { type ZodTypeProvider, serializerCompiler, validatorCompiler } from "fastify-type-provider-zod";
import { z } from "zod";
import { Refusal } from "../kernel/errors.ts";
import { newId } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import { assertAllStorable } from "../kernel/text.ts";
import type { ApiDeps } from "./deps.ts";
import { errorPage } from "./error-page.ts";
import { askedInVain } from "./asked-in-vain.ts";
import { admit, siteOf } from "./admit.ts";
import { auditing } from "./auditing.ts";
import type { Actor } from "./actor.ts";
import { callOf } from "./call.ts";
import { sendFailure } from "./failures.ts";
import { withIdempotency } from "./idempotency.ts";
import { registerProviderEvents } from "./provider-events.ts";
import { namedSchemas } from "./schemas.ts";
import { errorBody } from "./shapes.ts";
import { guardPages, isPagePath, openPages, sendPage } from "./pages.ts";
import type { Route, Who } from "./route.ts";

export interface ServerOptions {
  readonly logger: FastifyBaseLogger | false;
  readonly routes: readonly Route[];
  /** How long a request may take to arrive; `limits.requestReceiveMsMax` unless a test is in a hurry. */
  readonly receiveMsMax?: number;
  /** Addresses and networks of proxies whose word on the client's address is taken; none unless given. */
  readonly trustedProxies?: readonly string[];
  /** Whether OpenTelemetry is set up: a span for each request. */
  readonly traces?: boolean;
}

/** Every route, the reference page, health and metrics, on one Fastify instance that is not yet listening. */
export async function buildServer(deps: ApiDeps, options: ServerOptions): Promise<FastifyInstance> {
  const app = Fastify({
    ...(options.logger ? { loggerInstance: options.logger } : { logger: false }),
    bodyLimit: limits.requestBodyBytesMax,
    requestTimeout: options.receiveMsMax ?? limits.requestReceiveMsMax,
    http: {
      headersTimeout: Math.min(limits.headersReceiveMsMax, options.receiveMsMax ?? limits.headersReceiveMsMax),
      connectionsCheckingInterval: Math.min(limits.slowConnectionsEveryMs, options.receiveMsMax ?? Infinity),
      maxHeaderSize: limits.requestHeaderBytesMax,
    },
    trustProxy: (options.trustedProxies ?? []).length > 0 ? [...(options.trustedProxies ?? [])] : false,
    genReqId: () => newId("request", deps.clock.now()),
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: "request_id" }),
    routerOptions: { ignoreTrailingSlash: true },
    frameworkErrors: (error, request, reply) => void sendFailure(error, request, reply as FastifyReply),
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler((error, request, reply) => void sendFailure(error, request, reply));
  const pages = openPages(deps.webFolder);
  app.setNotFoundHandler(async (request, reply) => {
    if (isPagePath(request.method, request.url)) return sendPage(pages, request, reply, siteOf(deps, request));
    const missing = new Refusal("not_found", `There is nothing at ${request.method} ${request.url.split("?")[0]}.`, {
      hint: "See /docs.",
    });
    sendFailure(missing, request, reply);
    return reply;
  });
  if (options.traces) traceRequests(app);
  countRequests(app, deps);
  guardPages(app, deps);
  app.decorateRequest("actor");
  closeUnusedSockets(app);
  await app.register(swagger, { openapi: description, ...namedSchemas(options.routes) });
  await app.register(swaggerUi, { routePrefix: "/docs", uiConfig: { docExpansion: "list", tryItOutEnabled: true } });
  for (const route of options.routes) if (!route.streams) register(app, deps, route);
  await registerStreaming(
    app,
    deps,
    options.routes.filter(({ streams }) => streams === true),
  );
  registerPlumbing(app, deps);
  await registerProviderEvents(app, deps);
  app.addHook("preClose", (done) => {
    deps.live.close();
    done();
  });
  return app;
}

const description = {
  openapi: "3.1.0" as const,
  info: {
    title: "Millrace",
    version: "1",
    description: [
      "Two planes, two kinds of key. `/v1/*` is what customers call with an API key (`mk_…`); `/admin/v1/*` is what",
      "the team runs with an operator key (`mo_…`). Send the key as `Authorization: Bearer …`. People sign in at",
      "`/auth/v1`; their session opens `/admin/v1` (the team, by role), `/portal/v1` (a customer) or `/partner/v1`.",
      "Money is `{ amount_nanos, currency }` with the amount as text in 1e-9 of the unit. Send `Idempotency-Key` on",
      "every POST: a replay returns the first answer.",
    ].join(" "),
  },
  components: {
    securitySchemes: {
      customer: { type: "http" as const, scheme: "bearer", description: "An API key of a customer." },
      operator: { type: "http" as const, scheme: "bearer", description: "An operator key of the team." },
      session: {
        type: "apiKey" as const,
        in: "cookie" as const,
        name: "millrace_session",
        description:
          "The cookie of a signed-in user (`__Host-millrace_session` over https). POSTs carry X-Millrace-Request: 1.",
      },
    },
  },
};

const anyBytes = z.any().describe("Bytes.");

declare module "fastify" {
  interface FastifyRequest {
    /** Set before the body is read. */
    actor: Actor;
  }
}

function register(app: FastifyInstance, deps: ApiDeps, declared: Route): void {
  const route = auditing(deps, declared);
  const schema = {
    tags: [route.tag],
    summary: route.summary,
    ...(securityOf[route.who].length === 0 ? {} : { security: securityOf[route.who].map((name) => ({ [name]: [] })) }),
    ...(route.params ? { params: route.params } : {}),
    ...(route.query ? { querystring: route.query } : {}),
    ...(route.body ? { body: route.body } : {}),
    ...(route.streams ? { consumes: ["application/octet-stream"], body: anyBytes } : {}),
    response: { [route.status]: route.response, "4xx": errorBody, "5xx": errorBody },
  };
  app.route({
    method: route.method,
    url: route.path,
    schema,
    ...(route.bodyBytesMax === undefined ? {} : { bodyLimit: route.bodyBytesMax }),
    ...(route.asks ? { errorHandler: askedInVain(deps) } : {}),
    // the key comes before the body: who may not call learns nothing about what would be valid, and sends us nothing
    onRequest: async (request) => {
      request.actor = await admit(deps, route, request);
    },
    // before any handler: what the database could not give back as it went in
    preHandler: (request, _reply, done) => {
      assertAllStorable(request.params, "path");
      assertAllStorable(request.query, "query");
      // what passes through is stored as JSON, if at all; its doors look at what they use
      if (route.bodyBytesMax === undefined) assertAllStorable(request.body, "body");
      done();
    },
    handler: async (request, reply) => {
      const call = callOf(deps, request, reply);
      const answer = await withIdempotency(deps, route, call);
      return reply.sent ? reply : reply.status(route.status).send(answer); // a stream has sent itself
    },
  });
}

/** Only these take bytes: everywhere else a body is JSON. */
async function registerStreaming(app: FastifyInstance, deps: ApiDeps, routes: readonly Route[]): Promise<void> {
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("application/octet-stream", (_request, payload, done) => done(null, payload));
    for (const route of routes) register(scope, deps, route);
  });
}

/** Which of the document's schemes open a route. */
const securityOf: { readonly [W in Who]: readonly ("customer" | "operator" | "session")[] } = {
  operator: ["operator", "session"],
  customer: ["customer"],
  portal: ["session"],
  partner: ["session"],
  user: ["session"],
  visitor: [],
  public: [],
};

/** At the stop, connections that never sent anything: clients open some ahead, and nothing else would end them. */
function closeUnusedSockets(app: FastifyInstance): void {
  const sockets = new Set<Socket>();
  app.server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  app.addHook("preClose", (done) => {
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
    done();
  });
}

/** A span for each request, of the caller's trace where it names one. */
function traceRequests(app: FastifyInstance): void {
  const tracer = trace.getTracer("millrace");
  app.addHook("onRequest", (request, reply, done) => {
    const parent = propagation.extract(context.active(), request.headers);
    const span = tracer.startSpan(
      `${request.method} ${request.routeOptions.url ?? "unknown"}`,
      { kind: SpanKind.SERVER },
      parent,
    );
    reply.raw.on("close", () => {
      span.setAttribute("http.response.status_code", reply.statusCode);
      if (reply.statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    });
    context.with(trace.setSpan(parent, span), done);
  });
}

/** One structured line and one histogram sample for each request, which is told its id. */
function countRequests(app: FastifyInstance, deps: ApiDeps): void {
  app.addHook("onRequest", (request, reply, done) => {
    void reply.header("x-request-id", request.id);
    done();
  });
  app.addHook("onResponse", (request, reply, done) => {
    const route = request.routeOptions.url ?? "unknown";
    const labels = { method: request.method, route, status: String(reply.statusCode) };
    deps.metrics.httpSeconds.observe(labels, reply.elapsedTime / 1000);
    request.log.info({ ...labels, latency_ms: Math.round(reply.elapsedTime * 100) / 100 }, "request");
    done();
  });
}

function registerPlumbing(app: FastifyInstance, deps: ApiDeps): void {
  const hidden = { schema: { hide: true } };
  app.get("/docs/errors", hidden, async (_request, reply) => reply.type("text/html; charset=utf-8").send(errorPage()));
  app.get("/healthz", hidden, async () => ({ status: "ok" }));
  app.get("/readyz", hidden, async (_request, reply) => {
    const ready = await deps.isReady();
    return reply.status(ready ? 200 : 503).send({ status: ready ? "ready" : "not ready" });
  });
  app.get("/metrics", hidden, async (_request, reply) => {
    return reply.type(deps.metrics.registry.contentType).send(await deps.metrics.text());
  });
  app.get("/openapi.json", hidden, async () => app.swagger());
}
