import { z } from "zod";
import { authorizeRequest } from "../../gateway/index.ts";
import { Refusal, notFound } from "../../kernel/errors.ts";
import { timeOfId } from "../../kernel/ids.ts";
import { limits } from "../../kernel/limits.ts";
import { Secret } from "../../kernel/secret.ts";
import { assertStorable } from "../../kernel/text.ts";
import type { Entitlement } from "../../sell/index.ts";
import type { Json } from "../../upstream/index.ts";
import { completionBody } from "../completions.ts";
import { ownChat } from "../doors/own.ts";
import { answerEmbeddings, ownEmbeddingsBody } from "../doors/own-vectors.ts";
import { type DoorCall, relay } from "../doors/relayed.ts";
import { type Call, type Route, route } from "../route.ts";
import { name } from "../shapes.ts";
import { answerCompletion } from "../doors/own-text.ts";

const tag = "For customers";
const model = name.describe("The endpoint's name.");
const stream = z.boolean().nullish();
const passed = "All other fields of OpenAI's API pass to the upstream behind the endpoint.";

const chatBody = z
  .looseObject({ model, messages: z.array(z.looseObject({ role: z.string() })).min(1), stream })
  .describe(passed);
const responsesBody = z
  .looseObject({ model, input: z.union([z.string(), z.array(z.unknown())]), stream })
  .describe(passed);
const embeddingsBody = z
  .looseObject({ model, input: z.union([z.string(), z.array(z.unknown()).min(1)]) })
  .describe(`An own model knows ${Object.keys(ownEmbeddingsBody.shape).join(", ")}. ${passed}`);
const textBody = z
  .looseObject({ model, prompt: z.unknown().describe("One text to continue; own models take nothing else."), stream })
  .describe(`An own language model knows ${Object.keys(completionBody.shape).join(", ")}. ${passed}`);

const answer = z.looseObject({}).describe("As OpenAI answers; its `id` is the prediction's, for feedback.");

/** Whether the endpoint has a route to upstreams. Else an own model answers, where the door has one. */
async function hasRoute({ deps, body }: DoorCall): Promise<boolean> {
  return (await deps.upstreams.route(body.model)) !== undefined;
}

const doorOf = (path: string, summary: string, body: z.ZodObject, handle: (call: DoorCall) => Promise<Json>): Route =>
  route({
    method: "POST",
    path,
    who: "customer",
    tag,
    summary,
    body,
    response: answer,
    ownIdempotency: true,
    asks: true,
    bodyBytesMax: limits.relayBodyBytesMax,
    async handle(call) {
      const asked = call as unknown as DoorCall;
      assertStorable(asked.body.model, "model");
      return handle(asked);
    },
  });

const chatDoor =
  (api: "chat" | "responses") =>
  async (call: DoorCall): Promise<Json> =>
    (await hasRoute(call)) ? relay(call, api) : ownChat(call, api);

async function textDoor(call: DoorCall): Promise<Json> {
  if (await hasRoute(call)) return relay(call, "completions");
  return answerCompletion(call, parsed(completionBody, call.body));
}

/** What an own model knows of a body: of an upstream's anything passes. */
function parsed<S extends z.ZodObject>(schema: S, body: Json): z.output<S> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const param = issue?.path.join(".") ?? "";
  throw new Refusal("invalid_request", `${param || "body"}: ${issue?.message}`, param ? { param } : {});
}

async function embeddingsDoor(call: DoorCall): Promise<Json> {
  if (await hasRoute(call)) return relay(call, "embeddings");
  return answerEmbeddings(call, parsed(ownEmbeddingsBody, call.body));
}

const modelShape = z.strictObject({
  id: z.string().describe("The endpoint's name."),
  object: z.literal("model"),
  created: z.number().int().describe("Unix time in seconds, as OpenAI tells it."),
  owned_by: z.string(),
});

const modelOf = ({ endpoint, product }: Entitlement): z.input<typeof modelShape> => ({
  id: endpoint,
  object: "model",
  created: Math.floor(timeOfId(product) / 1_000),
  owned_by: "millrace",
});

async function modelsOf({
  deps,
  secret,
}: Pick<Call<never, never, never>, "deps" | "secret">): Promise<readonly Entitlement[]> {
  return (await authorizeRequest(deps.gateway, new Secret(secret))).entitlements;
}

/** The doors of OpenAI's API. */
export const doorRoutes: readonly Route[] = [
  doorOf("/v1/chat/completions", "Chat, in OpenAI's shape; streamed if asked", chatBody, chatDoor("chat")),
  doorOf(
    "/v1/responses",
    "A response, in OpenAI's shape; streamed if asked; nothing is stored",
    responsesBody,
    chatDoor("responses"),
  ),
  doorOf(
    "/v1/completions",
    "Let a language model continue a text; in OpenAI's shape, streamed if asked",
    textBody,
    textDoor,
  ),
  doorOf("/v1/embeddings", "Vectors of texts, in OpenAI's shape", embeddingsBody, embeddingsDoor),
  route({
    method: "GET",
    path: "/v1/models",
    who: "customer",
    tag,
    summary: "List the endpoints that your key may call, in OpenAI's shape",
    response: z.strictObject({ object: z.literal("list"), data: z.array(modelShape) }),
    handle: async (call) => ({
      object: "list" as const,
      data: (await modelsOf(call)).map(modelOf).sort((a, b) => (a.id < b.id ? -1 : 1)),
    }),
  }),
  route({
    method: "GET",
    path: "/v1/models/:id",
    who: "customer",
    tag,
    summary: "Get one of the endpoints that your key may call, in OpenAI's shape",
    params: z.strictObject({ id: name }),
    response: modelShape,
    async handle(call) {
      const found = (await modelsOf(call)).find(({ endpoint }) => endpoint === call.params.id);
      if (!found) throw notFound("model", call.params.id);
      return modelOf(found);
    },
  }),
];
