import { z } from "zod";
import { kinds } from "../data/index.ts";
import type { ReviewItem } from "../feedback/index.ts";
import { Refusal } from "../kernel/errors.ts";
import type { Actor } from "./actor.ts";
import { limits } from "../kernel/limits.ts";
import { name, unixMs } from "./shapes.ts";

export const reviewShape = z.strictObject({
  object: z.literal("review"),
  id: z.string(),
  state: z.enum(["open", "claimed", "settled", "skipped"]),
  queue: z.string().describe("The endpoint that answered, or `dataset:` and the name of the dataset."),
  kind: z.enum(kinds).describe("What the input is."),
  prediction: z.string().nullable().describe("Null of an example."),
  model: z.string().nullable(),
  dataset: z.string().nullable().describe("Null of a prediction."),
  example: z.string().nullable(),
  input: z.string().describe("A pair as JSON with the texts `a`, `b` and perhaps `prompt`; an image as data URL."),
  answer: z
    .strictObject({ label: z.string(), probability: z.number() })
    .nullable()
    .describe("What the model said; null of an example."),
  labels: z.array(z.string()).describe("The labels to choose from."),
  proposals: z.array(z.looseObject({ label: z.string() })).describe("What users say it should be."),
  stance: z.enum(["disputed", "confirmed", "neutral"]),
  priority: z.number(),
  label: z.string().nullable().describe("When settled."),
  reviewer: z.string().nullable(),
  disagreeing: z.boolean().describe("Its votes differ and nobody decided."),
  adjudicated: z.boolean().describe("One person decided over votes that differ."),
  gold: z.boolean().describe("It tests reviewers; told only after one's own decision."),
  created_at_ms: unixMs,
});

export function reviewOf(item: ReviewItem): z.input<typeof reviewShape> {
  const prediction = item.origin.kind === "prediction" ? item.origin : undefined;
  const example = item.origin.kind === "example" ? item.origin : undefined;
  return {
    object: "review",
    id: item.id,
    state: item.state,
    queue: item.queue,
    kind: item.kind,
    prediction: prediction?.prediction ?? null,
    model: prediction?.model ?? null,
    dataset: example?.dataset ?? null,
    example: example?.example ?? null,
    input: item.input,
    answer: prediction?.answer ?? null,
    labels: [...item.labels],
    proposals: item.proposals.map((proposal) => ({ ...proposal })),
    stance: item.stance,
    priority: item.priority,
    label: item.state === "settled" ? item.label : null,
    reviewer: item.state === "open" ? null : item.reviewer,
    disagreeing: item.disagreeing,
    adjudicated: item.adjudicated,
    gold: item.gold,
    created_at_ms: item.createdAtMs,
  };
}

export const queueName = z
  .string()
  .trim()
  .min(1)
  .max(limits.nameCharsMax + "dataset:".length);

export const decisionField = z
  .string()
  .min(1)
  .max(limits.spansCharsMax)
  .describe(
    'One of the labels; of a text with spans all of them as JSON: `[{"start": 0, "end": 4, "label": "name"}]`.',
  );

export const reviewerField = name
  .optional()
  .describe("Who decides; only with an operator key: by a session it is whoever is signed in.");

/** A person reviews under the own address, so nobody votes twice or as somebody else. */
export function reviewerOf(actor: Actor, named: string | undefined): string {
  if (actor.kind === "user") {
    if (named === undefined) return actor.user.email ?? actor.user.id;
    throw new Refusal("invalid_request", "You review as yourself.", { param: "reviewer", hint: "Leave reviewer out." });
  }
  if (named !== undefined) return named;
  throw new Refusal("invalid_request", "It is not said who reviews.", {
    param: "reviewer",
    hint: "Name the reviewer.",
  });
}
