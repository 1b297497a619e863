import { z } from "zod";
import { handleEmbedding, numbersOf } from "../../gateway/index.ts";
import { limits } from "../../kernel/limits.ts";
import { Secret } from "../../kernel/secret.ts";
import type { Json } from "../../upstream/index.ts";
import { tellRate } from "../rate-headers.ts";
import { name } from "../shapes.ts";
import { endUserOf } from "./end-user.ts";
import type { DoorCall } from "./relayed.ts";

const texts = "Texts are read, not token ids: the model has a tokenizer of its own.";

/** OpenAI's parameters, as far as an own model knows them. */
export const ownEmbeddingsBody = z.strictObject({
  model: name,
  input: z.union([z.string(), z.array(z.string()).min(1)], { error: `expected a text or a list of texts. ${texts}` }),
  encoding_format: z.enum(["float", "base64"]).nullish(),
  dimensions: z.int().min(1).nullish(),
  user: z.string().max(limits.endUserCharsMax).nullish(),
  safety_identifier: z.string().max(limits.endUserCharsMax).nullish(),
});

type Body = z.output<typeof ownEmbeddingsBody>;

/** Vectors of an own model, in OpenAI's shape. */
export async function answerEmbeddings(call: Omit<DoorCall, "body">, body: Body): Promise<Json> {
  const { deps, secret, idempotencyKey, requestId, signal, reply } = call;
  const { answered, vectors, tokens } = await handleEmbedding(deps.gateway, {
    secret: new Secret(secret),
    endpoint: body.model,
    texts: typeof body.input === "string" ? [body.input] : body.input,
    dimensions: body.dimensions ?? undefined,
    requestId,
    signal,
    onRate: tellRate(reply),
    ...endUserOf(body),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  });
  if (answered.replayed) void reply.header("idempotent-replayed", "true");
  const isText = body.encoding_format === "base64";
  return {
    id: answered.answer.id,
    object: "list",
    data: vectors.map((vector, index) => ({
      object: "embedding",
      index,
      embedding: isText ? vector : numbersOf(vector),
    })),
    model: body.model,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  };
}
