import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";
import { Refusal, type RefusalCode } from "../kernel/errors.ts";
import { StoreError } from "../store/index.ts";

const types: { readonly [status: number]: string } = {
  400: "invalid_request_error",
  401: "authentication_error",
  402: "payment_error",
  403: "permission_error",
  404: "not_found_error",
  409: "conflict_error",
  413: "invalid_request_error",
  422: "invalid_request_error",
  429: "rate_limit_error",
};

interface Failure {
  readonly status: number;
  readonly code: RefusalCode | "internal_error";
  readonly message: string;
  readonly param: string | null;
  readonly retryAfterSeconds: number | undefined;
}

/** The one place where a thrown thing becomes an HTTP answer. Bugs are logged whole and answered without detail. Gives its code. */
export function sendFailure(error: unknown, request: FastifyRequest, reply: FastifyReply): Failure["code"] {
  const failure = describe(error, request);
  logBug(failure, error, request);
  if (failure.retryAfterSeconds !== undefined) void reply.header("retry-after", String(failure.retryAfterSeconds));
  void reply
    .status(failure.status)
    .type("application/json; charset=utf-8")
    .serializer((body: unknown) => JSON.stringify(body))
    .send(bodyOf(failure, request.id));
  return failure.code;
}

/** The body that tells a failure, for an answer that has begun already. */
export function failureBody(error: unknown, request: FastifyRequest): Readonly<Record<string, unknown>> {
  const failure = describe(error, request);
  logBug(failure, error, request);
  return bodyOf(failure, request.id);
}

function logBug(failure: Failure, error: unknown, request: FastifyRequest): void {
  if (failure.code === "internal_error") request.log.error({ err: error }, "a bug answered 500");
}

function bodyOf(failure: Failure, requestId: string): Readonly<Record<string, unknown>> {
  return {
    error: {
      type: types[failure.status] ?? "api_error",
      code: failure.code,
      message: failure.message,
      param: failure.param,
      doc_url: `/docs/errors#${failure.code}`,
      request_id: requestId,
    },
  };
}

function describe(error: unknown, request: FastifyRequest): Failure {
  if (error instanceof Refusal) {
    return {
      status: error.status,
      code: error.code,
      message: [error.message, error.details.hint].filter(Boolean).join(" "),
      param: error.details.param ?? null,
      retryAfterSeconds: error.details.retryAfterSeconds,
    };
  }
  if (error instanceof StoreError && (error.failure === "unavailable" || error.failure === "busy")) {
    return refused(503, "unavailable", "The database is away; nothing was recorded or billed. Try again.", null, 1);
  }
  if (hasZodFastifySchemaValidationErrors(error)) {
    const [first] = error.validation;
    const param = first?.instancePath.split("/").filter(Boolean).join(".") ?? "";
    return refused(400, "invalid_request", `${param || error.validationContext}: ${first?.message}`, param || null);
  }
  return describeFastify(error as FastifyError, request.routeOptions.schema?.consumes?.[0] ?? "application/json");
}

function describeFastify(error: FastifyError, takes: string): Failure {
  if (error.code === "FST_ERR_CTP_BODY_TOO_LARGE") return refused(413, "too_large", "The body is too large.", null);
  if (error.code === "FST_ERR_CTP_INVALID_MEDIA_TYPE") {
    return refused(400, "invalid_request", `Send the body as ${takes}.`, "content-type");
  }
  if (error instanceof SyntaxError || error.code === "FST_ERR_CTP_INVALID_JSON_BODY") {
    return refused(400, "invalid_request", `The body is not JSON: ${error.message}`, null);
  }
  if (typeof error.statusCode === "number" && error.statusCode >= 400 && error.statusCode < 500) {
    return refused(error.statusCode, "invalid_request", error.message, null);
  }
  return refused(500, "internal_error", "Something broke on our side; the request id finds it in the log.", null);
}

function refused(
  status: number,
  code: Failure["code"],
  message: string,
  param: string | null,
  retryAfterSeconds?: number,
): Failure {
  return { status, code, message, param, retryAfterSeconds };
}
