import { z } from "zod";
import { Refusal } from "../../kernel/errors.ts";
import type { Id } from "../../kernel/ids.ts";
import { limits } from "../../kernel/limits.ts";
import { type Answer, type Ask, type Part, explain, getModel } from "../../models/index.ts";
import type { PredictionOutput, Serving } from "../../serve/index.ts";
import { outputOf, outputShape } from "../predictions.ts";
import { type Route, route } from "../route.ts";
import { idParams } from "../shapes.ts";

const partShape = z.union([
  z.strictObject({ word: z.string(), places: z.array(z.tuple([z.number().int(), z.number().int()])) }),
  z.strictObject({ column: z.string(), value: z.union([z.string(), z.number()]) }),
  z.strictObject({
    x: z.number().int(),
    y: z.number().int(),
    width: z.number().int(),
    height: z.number().int(),
  }),
]);

const explanationShape = z.strictObject({
  object: z.literal("explanation"),
  model: z.string(),
  output: outputShape,
  label: z.string().nullable().describe("The label that is explained; null of a regression."),
  parts: z
    .array(
      z.strictObject({
        part: partShape,
        weight: z.number().describe("How much lower the log-odds, or the value, are without this part."),
      }),
    )
    .describe("The most telling first."),
  asked: z.number().int().describe("How many inputs the model was asked about."),
});

function partOf(part: Part): z.input<typeof partShape> {
  switch (part.kind) {
    case "word":
      return { word: part.text, places: part.places.map(([from, to]) => [from, to]) };
    case "column":
      return { column: part.name, value: part.value };
    case "patch": {
      const { kind: _, ...area } = part;
      return area;
    }
  }
}

/** Asks in the thread that computes, so that the server answers others meanwhile. */
function askOf(
  serving: Serving,
  model: Id<"model">,
  labels: readonly string[],
  onOutput: (o: PredictionOutput) => void,
) {
  const answerTo = async (input: string): Promise<Answer | { readonly invalid: string }> => {
    try {
      const { output } = await serving.infer(model, input);
      onOutput(output);
      return answerOf(output, labels);
    } catch (error) {
      if (error instanceof Refusal && error.code === "invalid_request") return { invalid: error.message };
      throw error;
    }
  };
  return ((inputs) => Promise.all(inputs.map(answerTo))) satisfies Ask;
}

function answerOf(output: PredictionOutput, labels: readonly string[]): Answer {
  if ("value" in output) return output;
  if (!("probabilities" in output)) throw new Refusal("invalid_request", "A model that writes text is not explained.");
  const { label, probability, probabilities } = output;
  return { label, probability, probabilities: labels.map((name) => probabilities[name] ?? 0) };
}

export const explainRoutes: readonly Route[] = [
  route({
    method: "POST",
    path: "/admin/v1/models/:id/explain",
    who: "operator",
    area: "models",
    access: "read",
    tag: "Models",
    summary: "Say which words, columns or patches speak for a model's answer; nothing is recorded or billed",
    params: idParams,
    body: z.strictObject({
      input: z.string().min(1).max(limits.predictionInputCharsMax),
      label: z.string().optional().describe("The label to explain; the answered one when left out."),
    }),
    response: explanationShape,
    async handle({ deps, params, body: { input, label } }) {
      const { id, task, labels } = await getModel(deps.store, params.id);
      let output: PredictionOutput | undefined;
      const ask = askOf(deps.serving, id, labels, (first) => (output ??= first));
      const explanation = await explain(ask, input, { task, labels, ...(label === undefined ? {} : { label }) });
      if (!output) throw new Error("the whole input was answered");
      return {
        object: "explanation" as const,
        model: id,
        output: outputOf(output),
        label: explanation.label,
        parts: explanation.parts.map(({ part, weight }) => ({ part: partOf(part), weight })),
        asked: explanation.asked,
      };
    },
  }),
];
