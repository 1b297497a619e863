import { randomUUID } from "node:crypto";
import { handlePrediction } from "../../gateway/index.ts";
import { newId } from "../../kernel/ids.ts";
import { Refusal, must } from "../../kernel/errors.ts";
import { Secret } from "../../kernel/secret.ts";
import { getModel, loadBundle, openPredictor } from "../../models/index.ts";
import { type PredictionOutput, getEndpoint, outputOf } from "../../serve/index.ts";
import { type Command, argument } from "../command.ts";
import { pad } from "../terminal.ts";
import { percent } from "../words.ts";
import { askedInput } from "./asked-input.ts";

export const predict: Command = {
  name: "predict",
  summary: "ask an endpoint's champion; not billed, unless a customer's key is given on standard input",
  args: ["ENDPOINT", "[INPUT]"],
  options: {
    "key-stdin": {
      type: "switch",
      help: "the first line of standard input is an API key: the call is metered and billed",
    },
  },
  example: 'millrace predict spam-filter "You have won a prize"',
  async run(invocation) {
    const { world, terminal, args } = invocation;
    const app = await world.open();
    const endpoint = argument(invocation, 0, "endpoint's name");
    const paid = invocation.has("key-stdin");
    const piped = paid || args[1] === undefined ? await terminal.stdin() : "";
    const [firstLine = "", ...rest] = piped.split("\n");
    const given = args[1] ?? (paid ? rest.join("\n") : piped);
    const { champion } = await getEndpoint(app.store, endpoint);
    const { task } = await getModel(app.store, champion.model);
    const input = await askedInput(given, task);
    if (paid) {
      const { answer } = await handlePrediction(await app.gateway(), {
        secret: new Secret(firstLine.trim()),
        endpoint,
        input,
        idempotencyKey: randomUUID(),
        requestId: newId("request", app.clock.now()),
        signal: invocation.signal,
      });
      return { data: answer, text: renderAnswer(answer.output) };
    }
    const bundle = await loadBundle(app.store, champion.model);
    const predictor = await openPredictor(bundle, { threads: 1 });
    try {
      const [answer] = await predictor.predict([input]);
      const found = must(answer, "one answer for one input");
      if ("invalid" in found) throw new Refusal("invalid_request", found.invalid, { param: "input" });
      if ("vector" in found) {
        const vector = [...found.vector];
        return { data: { model: champion.model, vector }, text: vector.map((x) => x.toFixed(4)).join(" ") };
      }
      const output = outputOf(bundle.labels, found);
      return { data: { model: champion.model, ...output }, text: renderAnswer(output) };
    } finally {
      await predictor.close();
    }
  },
};

const shownMax = 10;

function renderAnswer(output: PredictionOutput): string {
  if ("text" in output) return output.text;
  if ("neighbours" in output) {
    return output.neighbours.map(({ word, similarity }) => `${similarity.toFixed(3)}  ${word}`).join("\n");
  }
  if ("value" in output) return String(output.value);
  if ("vectors" in output) return `${output.vectors} vectors of ${output.width} numbers`;
  if ("relayed" in output) return `${output.writtenTokens} tokens of an upstream`;
  const ranked = Object.entries(output.probabilities)
    .sort(([, a], [, b]) => b - a)
    .slice(0, shownMax);
  const width = Math.max(...ranked.map(([label]) => label.length));
  const refusal =
    output.refused === true ? "\nRefused: it is too unsure to answer. The first one is its best guess." : "";
  const lines = ranked
    .map(([label, p]) =>
      `${pad(label, width)}  ${pad(percent(p), 8, "right")}  ${"█".repeat(Math.round(p * 40))}`.trimEnd(),
    )
    .join("\n");
  return `${lines}${refusal}`;
}
