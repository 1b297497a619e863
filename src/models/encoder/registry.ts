import { Refusal } from "../../kernel/errors.ts";
import { type Sha256, canonicalJson } from "../../kernel/hash.ts";
import { limits } from "../../kernel/limits.ts";
import type { Blobs, Queries, Store } from "../../store/index.ts";
import type { ModelTables } from "../tables.ts";
import type { Encoder } from "./encoder.ts";
import type { Tokenizer } from "./tokenizer.ts";

export type EncoderFacts = Omit<Encoder, "onnx" | "tokenizer">;

/** An encoder that recipes can name. Its files are blobs. */
export interface RegisteredEncoder {
  /** What recipes call it; unique in a data folder, and never another encoder's. */
  readonly name: string;
  readonly facts: EncoderFacts;
  readonly files: { readonly onnx: Sha256; readonly tokenizer: Sha256 };
  readonly onnxBytes: number;
  readonly createdAtMs: number;
}

/** Stores an encoder. The same one again is left as it is; another one under a name that is taken is refused (`conflict`). */
export async function registerEncoder(
  store: Store,
  { name, encoder, nowMs }: { readonly name: string; readonly encoder: Encoder; readonly nowMs: number },
): Promise<RegisteredEncoder> {
  if (!/^[a-z0-9][a-z0-9._-]*$/u.test(name) || name.length > limits.nameCharsMax) {
    throw new Refusal("invalid_request", `"${name}" is no name for an encoder.`, {
      param: "name",
      hint: "Use small letters, digits, dots and dashes: use-lite.",
    });
  }
  const { onnx, tokenizer, ...facts } = encoder;
  const files = { onnx: await store.blobs.put(onnx), tokenizer: await store.blobs.put(canonicalJson(tokenizer)) };
  return store.transaction(async (tx) => {
    const there = (await listEncoders(tx)).find((one) => one.name === name);
    if (there) {
      if (there.files.onnx === files.onnx && there.files.tokenizer === files.tokenizer) return there;
      throw new Refusal("conflict", `The name "${name}" belongs to another encoder.`, { hint: "Choose another name." });
    }
    await tx
      .as<ModelTables>()
      .insertInto("encoders")
      .values({ name, facts: canonicalJson(facts), ...files, onnx_bytes: onnx.length, created_at_ms: nowMs })
      .execute();
    return { name, facts, files, onnxBytes: onnx.length, createdAtMs: nowMs };
  });
}

/** By name. */
export async function listEncoders(db: Queries): Promise<RegisteredEncoder[]> {
  const rows = await db.as<ModelTables>().selectFrom("encoders").selectAll().orderBy("name").execute();
  return rows.map(({ name, facts, onnx, tokenizer, onnx_bytes, created_at_ms }) => ({
    name,
    facts: JSON.parse(facts) as EncoderFacts,
    files: { onnx, tokenizer },
    onnxBytes: onnx_bytes,
    createdAtMs: created_at_ms,
  }));
}

/** Refuses with `not_found` a name that no encoder has. */
export async function getEncoder(db: Queries, name: string): Promise<RegisteredEncoder> {
  const encoders = await listEncoders(db);
  const found = encoders.find((encoder) => encoder.name === name);
  if (found) return found;
  const names = encoders.map((encoder) => encoder.name).join(", ");
  throw new Refusal("not_found", `There is no encoder "${name}" in this data folder.`, {
    param: "encoder",
    hint: names === "" ? `Bring one: millrace encoder import FOLDER --name ${name}` : `There are: ${names}.`,
  });
}

export async function loadEncoder(
  { blobs }: { readonly blobs: Pick<Blobs, "get"> },
  encoder: RegisteredEncoder,
): Promise<Encoder> {
  const tokenizer = JSON.parse((await blobs.get(encoder.files.tokenizer)).toString("utf8")) as Tokenizer;
  return { ...encoder.facts, onnx: await blobs.get(encoder.files.onnx), tokenizer };
}

/** A table of 80 columns. */
export function renderEncoders(encoders: readonly RegisteredEncoder[]): string {
  if (encoders.length === 0) return "No encoders yet: millrace encoder import FOLDER\n";
  const row = (name: string, width: string, size: string, language: string, license: string): string =>
    `${fit(name, 28)}  ${width.padStart(5)}  ${size.padStart(8)}  ${fit(language, 8)}  ${fit(license, 20)}`.trimEnd();
  return [
    row("encoder", "width", "size", "language", "licence"),
    ...encoders.map(({ name, facts: { width, language, license }, onnxBytes }) =>
      row(name, String(width), `${(onnxBytes / 1e6).toFixed(1)} MB`, language, license),
    ),
  ]
    .map((line) => `${line}\n`)
    .join("");
}

const fit = (text: string, width: number): string =>
  (text.length > width ? `${text.slice(0, width - 1)}…` : text).padEnd(width);
