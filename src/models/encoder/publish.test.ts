import { execFile } from "node:child_process";
import { symlink } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, it } from "vitest";
import { must } from "../../kernel/errors.ts";
import { type Store } from "../../store/index.ts";
import { describeEachEngine, testEpochMs } from "../../store/testing/engines.ts";
import { openSession, value } from "../../tensor/index.ts";
import { exportModel } from "../export-folder.ts";
import { openPredictor } from "../predictor.ts";
import { listModels, loadBundle } from "../registry.ts";
import { smallEncoder } from "../testing/small-encoder.ts";
import type { Encoder } from "./encoder.ts";
import { publishEncoder } from "./publish.ts";
import { registerEncoder } from "./registry.ts";

const nowMs = testEpochMs;
const words = ["the", "whale", "sea", "ship"];
const encoder = smallEncoder(words);

/** By hand: the mean of the states of a text's own places, divided by its length. */
async function expected({ onnx, width }: Encoder, ids: readonly number[]): Promise<number[]> {
  const session = await openSession(onnx, { threads: 1 });
  const row = (numbers: readonly number[]) => value(BigInt64Array.from(numbers, BigInt), [1, numbers.length]);
  const outputs = await session.run({ input_ids: row(ids), attention_mask: row(ids.map(() => 1)) });
  await session.release();
  const { data } = must(outputs["last_hidden_state"], "states");
  const mean = Array.from({ length: width }, (_, k) =>
    ids.reduce((sum, _id, at) => sum + Number(data[at * width + k]) / ids.length, 0),
  );
  const norm = Math.hypot(...mean);
  return mean.map((x) => x / norm);
}

describeEachEngine("an encoder that is published", (stores) => {
  let store: Store;
  let folder: string;
  let dispose: () => Promise<void>;
  beforeEach(async () => {
    ({ store, folder, dispose } = await stores.open());
    await registerEncoder(store, { name: "small", encoder, nowMs });
  });
  afterEach(() => dispose());

  it("is one model, however often, with a card and without lineage", async () => {
    const model = await publishEncoder(store, { encoder: "small", nowMs });
    expect(model).toMatchObject({ name: "small", task: "text-embedding", labels: [], summary: null });
    expect(await publishEncoder(store, { encoder: "small", nowMs: nowMs + 1 })).toEqual(model);
    expect(await listModels(store)).toHaveLength(1);
    expect((await loadBundle(store, model.id)).card).toMatchObject({ data: null, training: null, evaluation: null });
    await expect(publishEncoder(store, { encoder: "large", nowMs })).rejects.toMatchObject({ code: "not_found" });
  });

  it("answers with the mean of a text's places, of norm 1, whatever is beside it, here and in its folder", async () => {
    const model = await publishEncoder(store, { encoder: "small", nowMs });
    const predictor = await openPredictor(await loadBundle(store, model.id), { threads: 1 });
    const texts = ["the whale", "sea", "a ship the sea the ship", ""];
    const ids = [[1, 2], [3], [0, 4, 1, 3, 1, 4], [0]];
    const answers = await predictor.predict(texts);
    expect(predictor.vectors).toEqual({ width: encoder.width, lengthMax: encoder.lengthMax, marks: 0 });
    for (const [i, answer] of answers.entries()) {
      if (!("vector" in answer)) throw new Error("an answer is a vector");
      const right = await expected(encoder, must(ids[i], "ids"));
      expect(answer.tokens).toBe(ids[i]?.length);
      expect(Math.hypot(...answer.vector)).toBeCloseTo(1, 5);
      for (const [k, x] of right.entries()) expect(answer.vector[k]).toBeCloseTo(x, 5);
    }
    await predictor.close();

    const out = path.join(folder, "exported");
    await exportModel(store, model.id, out);
    await symlink(fileURLToPath(new URL("../../../node_modules", import.meta.url)), path.join(folder, "node_modules"));
    const { stdout } = await promisify(execFile)(process.execPath, [path.join(out, "predict.mjs"), "the whale"]);
    const alone = JSON.parse(stdout) as number[];
    const right = await expected(encoder, [1, 2]);
    expect(alone).toHaveLength(encoder.width);
    for (const [k, x] of right.entries()) expect(alone[k]).toBeCloseTo(x, 5);
  });
});
