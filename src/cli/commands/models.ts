import { Refusal } from "../../kernel/errors.ts";
import { limits } from "../../kernel/limits.ts";
import {
  compareModels,
  exportModel,
  exportedCommand,
  getModel,
  listModels,
  loadBundle,
  renderCard,
  renderComparison,
  renderModels,
} from "../../models/index.ts";
import {
  comparePaired,
  evaluateModel,
  listEvaluations,
  loadScored,
  quantizeModel,
  renderEvaluation,
  renderPaired,
} from "../../train/index.ts";
import { type Command, argument } from "../command.ts";
import { resolveModel } from "../names.ts";
import { pageLimit } from "../words.ts";

export const modelList: Command = {
  name: "model list",
  summary: "models, newest first",
  args: [],
  options: { limit: { type: "text", help: "how many (default 20)" } },
  async run(invocation) {
    const { store } = await invocation.world.open();
    const models = await listModels(store, { limit: pageLimit(invocation) });
    return { data: models, text: renderModels(models) };
  },
};

export const modelShow: Command = {
  name: "model show",
  summary: "a model's card: data, metrics with intervals, weak slices, limits",
  args: ["MODEL"],
  options: {},
  async run(invocation) {
    const { store } = await invocation.world.open();
    const id = await resolveModel(store, argument(invocation, 0, "model"));
    const { card } = await loadBundle(store, id);
    const model = await getModel(store, id);
    return {
      data: { model, card },
      text: renderCard(card, id),
      next: [`millrace model export ${id} FOLDER`, `millrace endpoint deploy NAME ${id}`],
    };
  },
};

export const modelCompare: Command = {
  name: "model compare",
  summary: "two models side by side, and a paired test on the second one's frozen test split",
  args: ["MODEL", "MODEL"],
  options: {},
  async run(invocation) {
    const { store, clock, threads } = await invocation.world.open();
    const a = await resolveModel(store, argument(invocation, 0, "first model"));
    const b = await resolveModel(store, argument(invocation, 1, "second model"));
    const comparison = await compareModels(store, [a, b]);
    const { datasetVersion } = (await getModel(store, b)).lineage;
    if (!datasetVersion) return { data: { comparison, paired: null }, text: renderComparison(comparison) };
    const scored = async (model: typeof a) =>
      loadScored(store, await evaluateModel({ store, clock, threads }, { model, datasetVersion, split: "test" }));
    const paired = comparePaired(await scored(a), await scored(b), { seed: 1 });
    return { data: { comparison, paired }, text: `${renderComparison(comparison)}\n${renderPaired(paired)}` };
  },
};

export const modelQuantize: Command = {
  name: "model quantize",
  summary: "a model of 8-bit integers from one of floats, and what that costs on its frozen test split",
  args: ["MODEL"],
  options: { name: { type: "text", help: "the new model's name (default: the old one's and -int8)" } },
  async run(invocation) {
    const { store, clock, threads } = await invocation.world.open();
    const original = await resolveModel(store, argument(invocation, 0, "model"));
    const name = invocation.text("name");
    const quantized = await quantizeModel({ store, clock, threads }, { model: original, ...(name ? { name } : {}) });
    const { model, report, comparison } = quantized;
    const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
    return {
      data: quantized,
      text: [
        `${model.id}  ${model.name}`,
        `  ${megabytes(report.bytesBefore)} became ${megabytes(report.bytesAfter)}; ${report.quantized.length} arrays are 8 bits wide, ${report.kept.length} stay float`,
        "",
        "  On the same test examples, a the original and b the quantized one:",
        renderPaired(comparison),
      ].join("\n"),
      next: [`millrace endpoint deploy NAME ${model.id}`],
    };
  },
};

export const evaluationShow: Command = {
  name: "evaluation show",
  summary: "a model's metrics with intervals, baselines, confusion and weak slices",
  args: ["MODEL"],
  options: {},
  async run(invocation) {
    const { store } = await invocation.world.open();
    const model = await resolveModel(store, argument(invocation, 0, "model"));
    const evaluations = await listEvaluations(store, { model, limit: limits.listMax });
    const evaluation = evaluations.find(({ split }) => split === "test") ?? evaluations[0];
    if (!evaluation) {
      throw new Refusal("not_found", `${model} was not evaluated.`, {
        hint: "Compare it: millrace model compare MODEL MODEL",
      });
    }
    return { data: evaluation, text: renderEvaluation(evaluation), next: [`millrace model show ${model}`] };
  },
};

export const modelExport: Command = {
  name: "model export",
  summary: "write ONNX, preprocessing, labels and card into a folder that is yours",
  args: ["MODEL", "FOLDER"],
  options: {},
  example: "millrace model export latest ./my-model",
  async run(invocation) {
    const { store } = await invocation.world.open();
    const id = await resolveModel(store, argument(invocation, 0, "model"));
    const { task } = await getModel(store, id);
    const exported = await exportModel(store, id, argument(invocation, 1, "folder"));
    return {
      data: exported,
      text: `${exported.folder}\n${exported.files.map((file) => `  ${file}\n`).join("")}`,
      next: [exportedCommand(task, `${exported.folder}/predict.mjs`)],
    };
  },
};
