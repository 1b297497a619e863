import { z } from "zod";
import { type Experiment, experimentsOf } from "../../loop/index.ts";
import { type Route, route } from "../route.ts";
import { metric, name, unixMs } from "../shapes.ts";

const arm = z.strictObject({ model: z.string(), right: z.number().int(), labels: z.number().int() });

const experimentShape = z.strictObject({
  object: z.literal("experiment"),
  endpoint: z.string(),
  since_ms: unixMs.describe("Since when both answer."),
  champion: arm,
  challenger: arm,
  difference: metric.describe(
    "Share of right answers, the challenger's less the champion's: a 95 % confidence sequence, which may be looked at any time.",
  ),
  verdict: z.enum(["challenger_better", "challenger_worse", "not_proven"]).describe("It promotes nothing by itself."),
  points: z.array(z.strictObject({ at_ms: unixMs, value: z.number(), low: z.number(), high: z.number() })),
  cut: z.boolean().describe("There is more feedback than is counted; the first of it is."),
});

const shapeOf = (endpoint: string, experiment: Experiment): z.input<typeof experimentShape> => ({
  object: "experiment",
  endpoint,
  since_ms: experiment.sinceMs,
  champion: { model: experiment.champion, right: experiment.ofChampion.right, labels: experiment.ofChampion.n },
  challenger: { model: experiment.challenger, right: experiment.ofChallenger.right, labels: experiment.ofChallenger.n },
  difference: experiment.difference,
  verdict: experiment.verdict,
  points: experiment.points.map(({ atMs, value, low, high }) => ({ at_ms: atMs, value, low, high })),
  cut: experiment.isCut,
});

export const experimentRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/admin/v1/endpoints/:name/experiments",
    who: "operator",
    area: "endpoints",
    tag: "Endpoints",
    summary:
      "What live feedback says of each challenger beside the champion; feedback is no random sample of the answers",
    params: z.strictObject({ name }),
    response: z.strictObject({ object: z.literal("experiments"), data: z.array(experimentShape) }),
    async handle({ deps, params }) {
      const found = await experimentsOf(deps.store.aside, params.name);
      return { object: "experiments" as const, data: found.map((experiment) => shapeOf(params.name, experiment)) };
    },
  }),
];
