import type { FastifyReply } from "fastify";
import type { RateState } from "../gateway/index.ts";

/**
 * How far a customer's limits are from their end, on answers and on refusals, before a stream begins: the fields of
 * draft-ietf-httpapi-ratelimit-headers-06.
 */
export const tellRate =
  (reply: FastifyReply) =>
  ({ limit, remaining, resetSeconds }: RateState): void => {
    void reply
      .header("ratelimit-limit", String(limit))
      .header("ratelimit-remaining", String(remaining))
      .header("ratelimit-reset", String(resetSeconds));
  };
