import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { constant, defineModel, exportOnnx } from "../../tensor/index.ts";
import { readEncoder, writeEncoder } from "./folder.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "millrace-encoder-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const write = (name: string, content: string | Uint8Array): Promise<void> =>
  writeFile(path.join(folder, name), content);
const table = { shape: [5, 4], data: Float32Array.from({ length: 20 }, (_, i) => i / 20) };

/** Rows of a table by id: [batch, length, 4]. */
const rowsOnnx = exportOnnx(
  defineModel("rows", (scope) => {
    const ids = scope.input("input_ids", ["batch", "length"], { type: "int64" });
    const mask = scope.input("attention_mask", ["batch", "length"], { type: "int64" }).cast("float32");
    const rows = scope.parameter("table", [5, 4]).gatherRows(ids);
    return { last_hidden_state: rows.mul(mask.reshape(["batch", "length", 1])).mul(constant(2)) };
  }),
  new Map([["table", table]]),
);
const vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\nthe\n";

test("a folder in Hugging Face's layout, then our own, which reads as it was written", async () => {
  await write("model.onnx", rowsOnnx);
  await write("vocab.txt", vocabulary);
  await write("config.json", JSON.stringify({ max_position_embeddings: 64 }));
  const encoder = await readEncoder(folder);
  expect(encoder).toMatchObject({
    width: 4,
    lengthMax: 64,
    inputs: { ids: "input_ids", mask: "attention_mask", types: null },
    output: "last_hidden_state",
    pooling: "mean",
  });
  const ours = path.join(folder, "ours");
  await writeEncoder(encoder, ours);
  const again = await readEncoder(ours);
  expect({ ...again, onnx: null }).toEqual({ ...encoder, onnx: null });
  expect(Buffer.compare(again.onnx, encoder.onnx)).toBe(0);
});

test("how places become one vector stands beside the graph", async () => {
  await write("model.onnx", rowsOnnx);
  await write("vocab.txt", vocabulary);
  await writeEncoder(await readEncoder(folder), path.join(folder, "1_Pooling")); // any folder of that name
  await write("1_Pooling/config.json", JSON.stringify({ pooling_mode_cls_token: true }));
  expect((await readEncoder(folder)).pooling).toBe("first");
});

test("what is missing or wrong is named", async () => {
  await expect(readEncoder(folder)).rejects.toThrow("holds no encoder");
  await write("model.onnx", rowsOnnx);
  await expect(readEncoder(folder)).rejects.toThrow("neither tokenizer.json nor vocab.txt");
  await write("tokenizer.json", "{");
  await expect(readEncoder(folder)).rejects.toThrow("tokenizer.json in");
  await write("encoder.json", "{}");
  await expect(readEncoder(folder)).rejects.toThrow(/encoder.onnx|does not describe|not JSON/u);
});
