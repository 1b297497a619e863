import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { compiledUrl } from "../kernel/compiled.ts";
import { Refusal, must } from "../kernel/errors.ts";
import type { Id } from "../kernel/ids.ts";
import type { Store } from "../store/index.ts";
import { readOnnx } from "../tensor/index.ts";
import type { ModelBundle } from "./model.ts";
import { predictScript } from "./predict-script.ts";
import { type Preprocessing, exportedCodec } from "./preprocessing.ts";
import { getModel, loadBundle } from "./registry.ts";
import { renderCard } from "./render-card.ts";
import type { WordVectorPreprocessing } from "./word-vectors.ts";

export interface Exported {
  readonly folder: string;
  readonly files: readonly string[];
}

/**
 * Writes a model as plain files that need nothing of ours: the same bytes for the same model. The folder is made; one
 * that holds anything else is refused (`conflict`).
 */
export async function exportModel(store: Store, id: Id<"model">, folder: string): Promise<Exported> {
  const model = await getModel(store, id);
  const contents = await exportedFiles(await loadBundle(store, model.id), model.id);
  const names = Object.keys(contents);
  await mkdir(folder, { recursive: true });
  const stranger = (await readdir(folder)).find((name) => !names.includes(name));
  if (stranger !== undefined) {
    throw new Refusal("conflict", `The folder ${folder} holds other files, such as "${stranger}".`, {
      hint: "Name an empty or a new folder.",
    });
  }
  for (const [name, content] of Object.entries(contents)) await writeFile(path.join(folder, name), content);
  return { folder: path.resolve(folder), files: names };
}

/** The folder's files by name. */
export async function exportedFiles(
  bundle: ModelBundle,
  id: Id<"model">,
): Promise<Record<string, string | Uint8Array>> {
  const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
  return {
    "model.onnx": bundle.onnx,
    "preprocessing.json": json(bundle.preprocessing),
    ...(await preprocessingModules(bundle.preprocessing)),
    "labels.json": json(bundle.labels),
    ...(bundle.decision ? { "decision.json": json(bundle.decision) } : {}),
    "card.json": json({ model: id, ...bundle.card }),
    "card.md": renderCard(bundle.card, id),
    "predict.mjs": predictScript(bundle),
    ...(bundle.preprocessing.kind === "word-vectors"
      ? { "vectors.txt": vectorsText(bundle, bundle.preprocessing) }
      : {}),
  };
}

/** The form that word2vec writes and other programs read: how many and how wide, then a word and its numbers a line. */
function vectorsText({ onnx }: ModelBundle, { words }: WordVectorPreprocessing): string {
  const { initializers } = must(readOnnx(onnx).graph, "a model has a graph");
  const { rawData } = must(
    initializers.find(({ name }) => name === "vectors"),
    "word vectors are in the file",
  );
  const data = new Float32Array(Uint8Array.from(must(rawData, "vectors are raw")).buffer);
  const width = data.length / words.length;
  const lines = words.map((word, i) => {
    const row = Array.from(data.subarray(i * width, (i + 1) * width), (x) => Number(x.toFixed(6)));
    return `${word} ${row.join(" ")}\n`;
  });
  return `${words.length} ${width}\n${lines.join("")}`;
}

/** The codec's compiled module and what it imports of ours, side by side: they run wherever they are copied. */
async function preprocessingModules(preprocessing: Preprocessing): Promise<Record<string, string>> {
  const { module, beside } = exportedCodec(preprocessing);
  const names = new Map(beside.map((one) => [one, `${path.basename(one, ".js")}.mjs`]));
  const read = async (one: string): Promise<string> => {
    const code = await readFile(new URL(one, compiledUrl(import.meta.url)), "utf8");
    return code
      .replace(/\n?\/\/# sourceMappingURL=.*\n?$/, "\n")
      .replaceAll(/(from ")(\.[^"]+)\.js(")/g, (_all, from: string, imported: string, end: string) => {
        return `${from}./${path.basename(imported)}.mjs${end}`;
      });
  };
  const files: Record<string, string> = { "preprocessing.mjs": await read(module) };
  for (const [one, name] of names) files[name] = await read(one);
  return files;
}
