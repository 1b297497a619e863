import { dayMs } from "../../kernel/clock.ts";
import { z } from "zod";
import { limits } from "../../kernel/limits.ts";
import { type Route, route } from "../route.ts";

const kinds = ["audit_events", "sessions", "attempts", "predictions", "datasets", "books"] as const;
type Kind = (typeof kinds)[number];

interface Kept {
  /** Null: until somebody deletes it, or for ever. */
  readonly ms: number | null;
  /** The environment's name of the setting that says so. */
  readonly setting: string | null;
}

/** What the sweeps of `identity` remove; the books and what answers refer to stay. */
const keptOf = (auditDays: number): { readonly [K in Kind]: Kept } => ({
  audit_events: { ms: auditDays * dayMs, setting: "MILLRACE_AUDIT_DAYS" },
  sessions: { ms: limits.sessionMsMax, setting: null },
  attempts: { ms: dayMs, setting: null },
  predictions: { ms: null, setting: null },
  datasets: { ms: null, setting: null },
  books: { ms: null, setting: null },
});

export const retentionRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/admin/v1/retention",
    who: "operator",
    area: "settings",
    tag: "Team",
    summary: "What is kept how long",
    response: z.strictObject({
      object: z.literal("retention"),
      kept: z.array(
        z.strictObject({
          kind: z.enum(kinds).describe("`books` are postings, usage, invoices and payments."),
          keep_ms: z.number().int().nullable().describe("Null: it is not removed by itself."),
          setting: z.string().nullable().describe("The setting that says so, if one does."),
        }),
      ),
    }),
    async handle({ deps }) {
      const kept = keptOf(deps.auditDays);
      return {
        object: "retention" as const,
        kept: kinds.map((kind) => ({ kind, keep_ms: kept[kind].ms, setting: kept[kind].setting })),
      };
    },
  }),
];
