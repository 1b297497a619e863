import { explain as explainInput, loadBundle, openPredictor, renderExplanation } from "../../models/index.ts";
import { type Command, argument } from "../command.ts";
import { resolveAnswering } from "../names.ts";
import { askedInput } from "./asked-input.ts";

export const explain: Command = {
  name: "explain",
  summary: "say why a model answers as it does",
  args: ["ENDPOINT|MODEL", "[INPUT]"],
  options: { label: { type: "text", help: "the label to explain (default: the answered one)" } },
  example: 'millrace explain spam-filter "You have won a prize"',
  async run(invocation) {
    const { world, terminal, args } = invocation;
    const { store } = await world.open();
    const model = await resolveAnswering(store, argument(invocation, 0, "endpoint's or model's name"));
    const given = args[1] ?? (await terminal.stdin());
    const label = invocation.text("label");
    const bundle = await loadBundle(store, model);
    const input = await askedInput(given, bundle.task);
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
