import { z } from "zod";
import { type Examined, askExamination, cancelExamination, findExamination, isHealthy } from "../../insight/index.ts";
import { type Route, route } from "../route.ts";
import { unixMs } from "../shapes.ts";

const count = z.number().int();

const examinationShape = z.strictObject({
  object: z.literal("examination"),
  last: z
    .strictObject({
      examined_at_ms: unixMs,
      healthy: z.boolean(),
      checks: z.array(
        z.strictObject({ name: z.string(), looked: count, problems: z.array(z.string()), problem_count: count }),
      ),
      conservation: z.strictObject({
        predictions: count,
        usage_events: count,
        usage_units: count,
        invoiced_units: count,
        open_units: count,
        holds: z.boolean(),
      }),
    })
    .nullable()
    .describe("Null before the first."),
  running: z
    .strictObject({
      asked_at_ms: unixMs,
      doing: z.enum(["ledger", "sell", "channel", "serving", "data", "conservation", "models"]).nullable(),
      done: count,
      of: count,
    })
    .nullable(),
  failed: z.string().nullable().describe("Why the newest one came to no end."),
});

function examinationOf({ last, running, failed }: Examined): z.input<typeof examinationShape> {
  return {
    object: "examination",
    last: last && {
      examined_at_ms: last.examinedAtMs,
      healthy: isHealthy(last.checks),
      checks: last.checks.map(({ name, looked, problems, problemCount }) => ({
        name,
        looked,
        problems: [...problems],
        problem_count: problemCount,
      })),
      conservation: {
        predictions: last.counts.predictions,
        usage_events: last.counts.usageEvents,
        usage_units: last.counts.usageUnits,
        invoiced_units: last.counts.invoicedUnits,
        open_units: last.counts.openUnits,
        holds: last.counts.holds,
      },
    },
    running: running && {
      asked_at_ms: running.askedAtMs,
      doing: running.progress?.doing ?? null,
      done: running.progress?.done ?? 0,
      of: running.progress?.of ?? 0,
    },
    failed,
  };
}

const declared = {
  who: "operator",
  area: "settings",
  tag: "Insight",
  response: examinationShape,
} as const;

/** `doctor` for those who have no terminal: what was found last, and another look. */
export const doctorRoutes: readonly Route[] = [
  route({
    ...declared,
    method: "GET",
    path: "/admin/v1/doctor",
    summary: "Get the last examination of this database, and how far a running one is",
    handle: async ({ deps }) => examinationOf(await findExamination(deps.store)),
  }),
  route({
    ...declared,
    method: "POST",
    access: "read", // it finds out, and changes nothing that it looks at
    path: "/admin/v1/doctor",
    status: 202,
    summary: "Check every promise on this database; it goes on by itself, and twice is once",
    handle: async ({ deps }) => examinationOf(await askExamination(deps.store, deps.clock.now())),
  }),
  route({
    ...declared,
    method: "POST",
    access: "read", // it finds out, and changes nothing that it looks at
    path: "/admin/v1/doctor/cancel",
    summary: "Stop the running examination",
    handle: async ({ deps }) => examinationOf(await cancelExamination(deps.store, deps.clock.now())),
  }),
];
