import { z } from "zod";
import {
  type Retention,
  changeRetention,
  listRetention,
  previewRetention,
  retentionKinds,
  retentionRules,
} from "../../insight/index.ts";
import { dayMs } from "../../kernel/clock.ts";
import { limits } from "../../kernel/limits.ts";
import type { ApiDeps } from "../deps.ts";
import { type Route, route } from "../route.ts";
import { unixMs } from "../shapes.ts";

const tag = "Team";
const fixedKinds = ["sessions", "attempts", "predictions", "datasets", "books"] as const;

/** What nobody changes: the books and what answers refer to stay. */
const fixedMs: { readonly [K in (typeof fixedKinds)[number]]: number | null } = {
  sessions: limits.sessionMsMax,
  attempts: dayMs,
  predictions: null,
  datasets: null,
  books: null,
};

const days = z.number().int().nullable().describe("Null: for ever.");
const keep_ms = z.number().int().nullable().describe("Null: it is not removed by itself.");
const changeableShape = z.strictObject({
  kind: z.enum(retentionKinds),
  keep_ms,
  change: z.strictObject({
    changed: z.boolean().describe("An owner has said so; else it is the default."),
    days,
    days_default: days,
    days_min: z.number().int(),
    days_max: z.number().int(),
  }),
});
const fixedShape = z.strictObject({
  kind: z.enum(fixedKinds).describe("`books` are postings, usage, invoices and payments."),
  keep_ms,
  change: z.null().describe("It cannot be changed."),
});
const retentionShape = z.strictObject({
  object: z.literal("retention"),
  kept: z.array(z.union([changeableShape, fixedShape])),
});

function changeable({ kind, days: now, isChanged, daysDefault }: Retention): z.input<typeof changeableShape> {
  const { daysMin, daysMax } = retentionRules[kind];
  return {
    kind,
    keep_ms: now === null ? null : now * dayMs,
    change: { changed: isChanged, days: now, days_default: daysDefault, days_min: daysMin, days_max: daysMax },
  };
}

async function retentionOf({ store, auditDays }: ApiDeps): Promise<z.input<typeof retentionShape>> {
  const changed = (await listRetention(store, { auditDays })).map(changeable);
  const fixed = fixedKinds.map((kind) => ({ kind, keep_ms: fixedMs[kind], change: null }));
  return { object: "retention", kept: [...changed, ...fixed] };
}

const kindParams = z.strictObject({ kind: z.enum(retentionKinds) });

export const retentionRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/admin/v1/retention",
    who: "operator",
    area: "settings",
    tag,
    summary: "What is kept how long",
    response: retentionShape,
    handle: ({ deps }) => retentionOf(deps),
  }),
  route({
    method: "GET",
    path: "/admin/v1/retention/:kind/preview",
    who: "operator",
    area: "settings",
    tag,
    summary: "What the next sweep would remove if a kind were kept so many days",
    params: kindParams,
    query: z.strictObject({ days: z.coerce.number().int() }),
    response: z.strictObject({
      object: z.literal("retention_preview"),
      before_ms: unixMs.describe("What is older goes."),
      removes: z.number().int(),
      more: z.boolean().describe("There may be more; it is not counted further."),
    }),
    async handle({ deps, params, query }) {
      const asked = { kind: params.kind, days: query.days, nowMs: deps.clock.now() };
      const { beforeMs, removes } = await previewRetention(deps.store.aside, asked);
      return {
        object: "retention_preview" as const,
        before_ms: beforeMs,
        removes,
        more: removes === limits.liveCountMax,
      };
    },
  }),
  route({
    method: "POST",
    path: "/admin/v1/retention/:kind/change",
    who: "operator",
    area: "settings",
    tag,
    summary: "Say how long a kind is kept; within the hour what is older is removed for good",
    params: kindParams,
    body: z.strictObject({ days: days.optional().describe("Null: for ever; left out: the default again.") }),
    response: retentionShape,
    async handle({ deps, params, body }) {
      await changeRetention(deps.store, { kind: params.kind, days: body.days, nowMs: deps.clock.now() });
      return retentionOf(deps);
    },
  }),
];
