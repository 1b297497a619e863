import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { must, Refusal } from "../../kernel/errors.ts";
import { importOnnx } from "../../tensor/index.ts";
import type { Encoder } from "./encoder.ts";
import { readHuggingFaceTokenizer, readVocabulary } from "./hugging-face.ts";
import type { Tokenizer } from "./tokenizer.ts";

/**
 * An encoder from a folder: our own (`encoder.json`, `encoder.onnx`, `tokenizer.json`) or one in Hugging Face's layout
 * (`model.onnx` or `onnx/model.onnx`, `tokenizer.json` or `vocab.txt`). Refuses (`invalid_data`) what it cannot run.
 */
export async function readEncoder(folder: string): Promise<Encoder> {
  const facts = await readJson(folder, "encoder.json");
  if (facts === undefined) return readHuggingFace(folder);
  const [onnx, tokenizer] = [await read(folder, "encoder.onnx"), await readJson(folder, "tokenizer.json")];
  if (!onnx || tokenizer === undefined) {
    throw new Refusal("invalid_data", `The folder ${folder} lacks encoder.onnx or tokenizer.json.`);
  }
  const checked = factsSchema.safeParse(facts);
  if (!checked.success) {
    throw new Refusal(
      "invalid_data",
      `encoder.json in ${folder} does not describe an encoder: ${checked.error.issues[0]?.message}.`,
    );
  }
  return { ...checked.data, onnx, tokenizer: tokenizer as Tokenizer };
}

/** Writes `encoder.json`, `encoder.onnx` and `tokenizer.json`; the folder is made. */
export async function writeEncoder(encoder: Encoder, folder: string): Promise<void> {
  const { onnx, tokenizer, ...facts } = encoder;
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, "encoder.onnx"), onnx);
  await writeFile(path.join(folder, "tokenizer.json"), `${JSON.stringify(tokenizer)}\n`);
  await writeFile(path.join(folder, "encoder.json"), `${JSON.stringify(facts, null, 2)}\n`);
}

const inputsSchema = z.strictObject({ ids: z.string(), mask: z.string().nullable(), types: z.string().nullable() });
const factsSchema = z.strictObject({
  name: z.string(),
  license: z.string(),
  source: z.string(),
  language: z.string(),
  width: z.int().positive(),
  lengthMax: z.int().positive(),
  inputs: inputsSchema,
  output: z.string(),
  pooling: z.enum(["none", "mean", "first"]),
});

async function readHuggingFace(folder: string): Promise<Encoder> {
  const onnx = (await read(folder, "model.onnx")) ?? (await read(folder, "onnx/model.onnx"));
  if (!onnx) {
    throw new Refusal("not_found", `The folder ${folder} holds no encoder.`, {
      hint: "It needs model.onnx and tokenizer.json, or encoder.json, encoder.onnx and tokenizer.json.",
    });
  }
  const graph = importOnnx(onnx);
  const [config, tokens, pool] = await Promise.all(
    ["config.json", "tokenizer_config.json", "1_Pooling/config.json"].map((name) => readJson(folder, name)),
  );
  const named = (name: string): string | null => (graph.inputs.some((input) => input.name === name) ? name : null);
  const ids = named("input_ids");
  if (ids === null) throw new Refusal("invalid_data", `The graph in ${folder} has no input "input_ids".`);
  const inputs = { ids, mask: named("attention_mask"), types: named("token_type_ids") };
  const outputs = new Map(graph.outputs.map(({ name, shape }) => [name, shape]));
  const output = preferred.find((name) => outputs.has(name)) ?? must(graph.outputs[0], "a graph has outputs").name;
  const shape = must(outputs.get(output), output);
  const width = shape.at(-1);
  if (typeof width !== "number" || shape.length < 2 || shape.length > 3) {
    throw new Refusal(
      "invalid_data",
      `The output "${output}" is [${shape.join(", ")}], not a vector for each text or piece.`,
    );
  }
  const byFirst = poolSchema.safeParse(pool).data?.pooling_mode_cls_token ?? false;
  const lengths = [
    lengthSchema.safeParse(tokens).data?.model_max_length,
    lengthSchema.safeParse(config).data?.max_position_embeddings,
  ];
  return {
    name: path.basename(path.resolve(folder)),
    license: "unknown",
    source: "a folder in Hugging Face's layout",
    language: "und",
    width,
    lengthMax: Math.min(512, ...lengths.filter((length) => length !== undefined)),
    inputs,
    output,
    pooling: shape.length === 2 ? "none" : byFirst ? "first" : "mean",
    onnx,
    tokenizer: await readTokenizer(folder, tokens),
  };
}

/** Outputs that are, or become, the vector of a text; the first that a graph has. */
const preferred = ["sentence_embedding", "last_hidden_state", "token_embeddings"];
const poolSchema = z.looseObject({ pooling_mode_cls_token: z.boolean().optional() });
const lengthSchema = z.looseObject({
  model_max_length: z.number().optional(),
  max_position_embeddings: z.number().optional(),
});
const caseSchema = z.looseObject({ do_lower_case: z.boolean().optional() });

async function readTokenizer(folder: string, config: unknown): Promise<Tokenizer> {
  const json = await readJson(folder, "tokenizer.json");
  if (json !== undefined) return readHuggingFaceTokenizer(json);
  const vocabulary = await read(folder, "vocab.txt");
  if (!vocabulary) throw new Refusal("invalid_data", `The folder ${folder} has neither tokenizer.json nor vocab.txt.`);
  const lowercase = caseSchema.safeParse(config).data?.do_lower_case ?? true;
  return readVocabulary(new TextDecoder().decode(vocabulary), { lowercase });
}

async function read(folder: string, name: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path.join(folder, name));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

async function readJson(folder: string, name: string): Promise<unknown> {
  const bytes = await read(folder, name);
  if (!bytes) return undefined;
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as unknown;
  } catch {
    throw new Refusal("invalid_data", `${name} in ${folder} is not JSON.`);
  }
}
