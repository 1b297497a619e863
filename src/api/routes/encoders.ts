import { z } from "zod";
import { type RegisteredEncoder, listEncoders, publishEncoder, publishVectors } from "../../models/index.ts";
import { type Route, route } from "../route.ts";
import { idParams, listOf, name, unixMs } from "../shapes.ts";
import { modelOf, modelShape } from "./training.ts";

const tag = "Models";

const encoderShape = z.strictObject({
  object: z.literal("encoder"),
  name: z.string().describe("What recipes call it."),
  license: z.string().describe("SPDX identifier, or unknown."),
  source: z.string(),
  language: z.string().describe("BCP 47; mul for several, und for one that is not known."),
  width: z.number().int().describe("Numbers in a vector."),
  tokens_max: z.number().int().describe("Tokens of a text; the rest of a longer one is not read."),
  onnx_bytes: z.number().int(),
  created_at_ms: unixMs,
});

const encoderOf = ({ name, facts, onnxBytes, createdAtMs }: RegisteredEncoder): z.input<typeof encoderShape> => ({
  object: "encoder",
  name,
  license: facts.license,
  source: facts.source,
  language: facts.language,
  width: facts.width,
  tokens_max: facts.lengthMax,
  onnx_bytes: onnxBytes,
  created_at_ms: createdAtMs,
});

/** Pretrained encoders; they are brought on the command line, where their folder is. */
export const encoderRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/admin/v1/encoders",
    who: "operator",
    area: "models",
    tag,
    summary: "List the encoders that recipes can name, by name",
    response: listOf(encoderShape),
    handle: async ({ deps }) => ({
      object: "list" as const,
      data: (await listEncoders(deps.store)).map(encoderOf),
      has_more: false,
      next_cursor: null,
    }),
  }),
  route({
    method: "POST",
    path: "/admin/v1/encoders/:name/publish",
    who: "operator",
    area: "models",
    tag,
    summary: "Make a model of an encoder that answers a text with its vector; published again it is the same model",
    params: z.strictObject({ name }),
    response: modelShape,
    handle: async ({ deps, params }) =>
      modelOf(await publishEncoder(deps.store, { encoder: params.name, nowMs: deps.clock.now() })),
  }),
  route({
    method: "POST",
    path: "/admin/v1/models/:id/publish-vectors",
    who: "operator",
    area: "models",
    tag,
    summary: "Make a model of the encoder within a text-encoder model; published again it is the same model",
    params: idParams,
    response: modelShape,
    handle: async ({ deps, params }) =>
      modelOf(await publishVectors(deps.store, { model: params.id, nowMs: deps.clock.now() })),
  }),
];
