import { z } from "zod";
import type { ReviewItem } from "../feedback/index.ts";
import { Refusal } from "../kernel/errors.ts";
import type { Actor } from "./actor.ts";
import { name, unixMs } from "./shapes.ts";

export const reviewShape = z.strictObject({
  object: z.literal("review"),
  id: z.string(),
  state: z.enum(["open", "claimed", "settled", "skipped"]),
  endpoint: z.string(),
  prediction: z.string(),
  model: z.string(),
  input: z.string(),
  answer: z.strictObject({ label: z.string(), probability: z.number() }),
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
  return {
    object: "review",
    id: item.id,
    state: item.state,
    endpoint: item.endpoint,
    prediction: item.prediction,
    model: item.model,
    input: item.input,
    answer: item.answer,
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
