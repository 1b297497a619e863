import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { Refusal, must } from "../kernel/errors.ts";
import { type Sha256, sha256 } from "../kernel/hash.ts";
import { type Encoder, type RegisteredEncoder, getEncoder, listEncoders, loadEncoder } from "../models/index.ts";
import type { Queries, Store } from "../store/index.ts";
import type { Recipe } from "./architectures/index.ts";

/** Where a child process finds an encoder. */
interface EncoderLink {
  readonly encoder: RegisteredEncoder;
  readonly paths: Readonly<Record<Sha256, string>>;
}

const fileOf = (folder: string, name: string): string => path.join(folder, `encoder-${name}.json`);

/** Refuses with `not_found` a recipe whose encoder is not in this data folder. */
export async function requireEncoder(db: Queries, recipe: Recipe): Promise<void> {
  if ("encoder" in recipe) await getEncoder(db, recipe.encoder);
}

/** Tells child processes that work in this folder where the recipe's encoder lies, if it is there. */
export async function linkEncoder(store: Store, recipe: Recipe, folder: string): Promise<void> {
  if (!("encoder" in recipe)) return;
  const encoder = (await listEncoders(store)).find(({ name }) => name === recipe.encoder);
  if (!encoder) return;
  const digests = Object.values(encoder.files);
  const paths = Object.fromEntries(digests.map((digest) => [digest, path.resolve(store.blobs.pathOf(digest))]));
  await writeFile(fileOf(folder, encoder.name), JSON.stringify({ encoder, paths } satisfies EncoderLink));
}

/** In a child process: the encoder of a recipe that names one. */
export async function linkedEncoder(recipe: Recipe, folder: string): Promise<{ readonly encoder?: Encoder }> {
  if (!("encoder" in recipe)) return {};
  const json = await readFile(fileOf(folder, recipe.encoder), "utf8").catch(() => {
    throw new Refusal("not_found", `There is no encoder "${recipe.encoder}" in this data folder.`);
  });
  const { encoder, paths } = JSON.parse(json) as EncoderLink;
  const get = async (digest: Sha256): Promise<Buffer> => {
    const bytes = await readFile(must(paths[digest], "a path for each file"));
    if (sha256(bytes) === digest) return bytes;
    throw new Refusal("invalid_data", `The encoder "${encoder.name}" was damaged in the data folder.`);
  };
  return { encoder: await loadEncoder({ blobs: { get } }, encoder) };
}
