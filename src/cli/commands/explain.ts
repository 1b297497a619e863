import { Refusal } from "../../kernel/errors.ts";
import type { Id } from "../../kernel/ids.ts";
import { explain as explainInput, loadBundle, openPredictor, renderExplanation } from "../../models/index.ts";
import { getEndpoint } from "../../serve/index.ts";
import type { Queries } from "../../store/index.ts";
import { type Command, argument } from "../command.ts";
import { resolveModel } from "../names.ts";

export const explain: Command = {
  name: "explain",
  summary: "say why a model answers as it does",
  args: ["ENDPOINT|MODEL", "[TEXT]"],
  options: { label: { type: "text", help: "the label to explain (default: the answered one)" } },
  example: 'millrace explain spam-filter "You have won a prize"',
  async run(invocation) {
    const { world, terminal, args } = invocation;
    const { store } = await world.open();
    const model = await modelOf(store, argument(invocation, 0, "endpoint's or model's name"));
    const input = (args[1] ?? (await terminal.stdin())).trim();
    if (input === "") {
      throw new Refusal("invalid_request", "There is no input to explain.", {
        hint: "Give it after the endpoint, or pipe it in.",
      });
    }
    const label = invocation.text("label");
    const bundle = await loadBundle(store, model);
    const predictor = await openPredictor(bundle, { threads: 1 });
    try {
      const options = { task: bundle.task, labels: bundle.labels, ...(label ? { label } : {}) };
      const explanation = await explainInput((inputs) => predictor.predict(inputs), input, options);
      return { data: { model, ...explanation }, text: renderExplanation(explanation) };
    } finally {
      await predictor.close();
    }
  },
};

/** The champion of an endpoint, or a model by its id or name. */
async function modelOf(store: Queries, name: string): Promise<Id<"model">> {
  try {
    return (await getEndpoint(store, name)).champion.model;
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== "not_found") throw error;
    return resolveModel(store, name);
  }
}
