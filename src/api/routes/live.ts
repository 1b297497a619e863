import { z } from "zod";
import { accessesOf } from "../../identity/index.ts";
import { type Route, route } from "../route.ts";

export const liveRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/admin/v1/live",
    who: "operator",
    area: "any",
    tag: "Team",
    summary: "News as server-sent events, so that pages need not ask",
    response: z
      .string()
      .describe(
        "`text/event-stream`: `{ type, at_ms, … }` with type predictions, runs, reviews, invoices, payments or changes (somebody " +
          "changed something), each to who may see it.",
      ),
    async handle({ deps, actor, reply }) {
      const { user, session } = actor.kind === "user" ? actor : { user: undefined, session: undefined };
      await deps.live.listen({ reply, session: session?.id, accesses: user ? accessesOf(user) : "all" });
      return "";
    },
  }),
];
