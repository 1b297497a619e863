import { execFile } from "node:child_process";
import { readFile, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { must } from "../kernel/errors.ts";
import type { Store } from "../store/index.ts";
import { describeEachEngine, testEpochMs } from "../store/testing/engines.ts";
import {
  compareModels,
  exportModel,
  getModel,
  listModels,
  loadBundle,
  openPredictor,
  registerModel,
  renderCard,
  renderComparison,
  renderModels,
} from "./index.ts";
import { classAnswers } from "./testing/class-answers.ts";
import { compassModel } from "./testing/compass-model.ts";
import { registerRhymeModel } from "./testing/rhyme-model.ts";
import { smallModel } from "./testing/small-model.ts";

const run = promisify(execFile);

describeEachEngine("models", (stores) => {
  let dispose = async (): Promise<void> => {};
  afterEach(() => dispose());
  const open = async (): Promise<{ store: Store; folder: string }> => {
    const fresh = await stores.open();
    dispose = fresh.dispose;
    return fresh;
  };

  it("come back as they were registered", async () => {
    const { store } = await open();
    const input = smallModel(1, testEpochMs);
    const model = await registerModel(store, input);
    expect(await getModel(store, model.id)).toEqual(model);
    const { onnx, preprocessing, labels, card } = await loadBundle(store, model.id);
    expect(Buffer.compare(onnx, input.onnx)).toBe(0);
    expect({ preprocessing, labels, card }).toEqual({
      preprocessing: input.preprocessing,
      labels: input.labels,
      card: input.card,
    });
  });

  it("are listed newest first, a page at a time", async () => {
    const { store } = await open();
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) ids.unshift((await registerModel(store, smallModel(i, testEpochMs + i))).id);
    const [first, second] = await listModels(store, { limit: 2 });
    expect([first?.id, second?.id]).toEqual(ids.slice(0, 2));
    expect((await listModels(store, { limit: 2, before: ids[1] ?? "" })).map(({ id }) => id)).toEqual(ids.slice(2));
  });

  it("have the same digest when they answer the same, whatever the card says", async () => {
    const { store } = await open();
    const input = smallModel(1, testEpochMs);
    const one = await registerModel(store, input);
    const same = await registerModel(store, { ...input, card: { ...input.card, name: "another" } });
    const other = await registerModel(store, smallModel(2, testEpochMs));
    expect(same.digest).toBe(one.digest);
    expect(other.digest).not.toBe(one.digest);
    expect((await compareModels(store, [one.id, same.id])).differ).toEqual(["card"]);
    const comparison = await compareModels(store, [one.id, other.id]);
    expect(comparison).toMatchObject({ differ: ["onnx"], sameLabels: true });
    for (const line of `${renderComparison(comparison)}${renderModels([one, same])}`.split("\n")) {
      expect(line.length).toBeLessThanOrEqual(80);
    }
  });

  it("are refused without two labels or a name, and not found when they are not there", async () => {
    const { store } = await open();
    const input = smallModel(1, testEpochMs);
    await expect(registerModel(store, { ...input, labels: ["one"] })).rejects.toMatchObject({ code: "invalid_data" });
    await expect(registerModel(store, { ...input, name: " " })).rejects.toMatchObject({ code: "invalid_request" });
    await expect(getModel(store, "mdl_none")).rejects.toMatchObject({ code: "not_found" });
    expect(await listModels(store)).toEqual([]);
  });

  it(
    "leave as a folder that finds the nearest words alone, with the vectors as text",
    { timeout: 60_000 },
    async () => {
      const { store, folder } = await open();
      const model = await registerModel(store, { ...smallModel(1, testEpochMs), ...compassModel() });
      const out = path.join(folder, "compass");
      await exportModel(store, model.id, out);
      await symlink(fileURLToPath(new URL("../../node_modules", import.meta.url)), path.join(folder, "node_modules"));
      const { stdout } = await run(process.execPath, [path.join(out, "predict.mjs"), "northeast - east"]);
      expect(stdout).toBe("0.707 north\n0.293 west\n-0.707 south\n");
      expect(await readFile(path.join(out, "vectors.txt"), "utf8")).toMatch(/^5 2\nnorth 0 1\neast 1 0\n/);
    },
  );

  it("leave as a folder that writes alone", { timeout: 60_000 }, async () => {
    const { store, folder } = await open();
    const model = await registerRhymeModel(store, testEpochMs);
    const out = path.join(folder, "rhymes");
    await exportModel(store, model.id, out);
    await symlink(fileURLToPath(new URL("../../node_modules", import.meta.url)), path.join(folder, "node_modules"));
    const options = ["--temperature", "0", "--tokens", "5"];
    const { stdout } = await run(process.execPath, [path.join(out, "predict.mjs"), ...options, "row row your"]);
    expect(stdout).toBe("row row your boat, row your boat\n");
  });

  it("leave as a folder that answers alone with the same probabilities", { timeout: 60_000 }, async () => {
    const { store, folder } = await open();
    const input = smallModel(3, testEpochMs);
    const model = await registerModel(store, input);
    const out = path.join(folder, "exported");
    const { files } = await exportModel(store, model.id, out);
    expect(files.toSorted()).toEqual([
      "card.json",
      "card.md",
      "labels.json",
      "model.onnx",
      "predict.mjs",
      "preprocessing.json",
      "preprocessing.mjs",
    ]);
    await symlink(fileURLToPath(new URL("../../node_modules", import.meta.url)), path.join(folder, "node_modules"));
    const predictor = await openPredictor(input, { threads: 1 });
    for (const text of ["WIN money now!!!", "这家店很好吃 👍"]) {
      const { stdout } = await run(process.execPath, [path.join(out, "predict.mjs"), text]);
      const alone = JSON.parse(stdout) as Record<string, number>;
      const [answer] = classAnswers(await predictor.predict([text]));
      expect(Object.keys(alone)).toEqual(input.labels);
      for (const [k, label] of input.labels.entries()) {
        expect(alone[label]).toBeCloseTo(answer?.probabilities[k] ?? -1, 6);
      }
    }
    await predictor.close();
    await exportModel(store, model.id, out); // again into its own folder
    await writeFile(path.join(out, "thesis.docx"), "");
    await expect(exportModel(store, model.id, out)).rejects.toMatchObject({ code: "conflict" });
  });
});

describe("a card", () => {
  it("says first that a fire drill must not be used", () => {
    const { card } = smallModel(1, 0);
    const drill = { ...card, training: { ...must(card.training, "trained"), fireDrill: "labels shuffled" } };
    expect(renderCard(drill, "mdl_x").split("\n").slice(0, 5)).toEqual([
      "# small",
      "",
      "Model `mdl_x`, text-classification.",
      "",
      "> **Fire drill: labels shuffled**",
    ]);
  });
});
