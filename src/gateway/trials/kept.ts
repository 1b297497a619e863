import type { Id } from "../../kernel/ids.ts";
import type { Currency, Nanos } from "../../kernel/money.ts";
import { type Queries, query, sql } from "../../store/index.ts";
import type { ChatTrial } from "./chat-trial.ts";

export interface NewChatTrial {
  readonly id: Id<"trial">;
  readonly endpoint: string;
  readonly trial: ChatTrial;
  readonly nowMs: number;
}

export async function recordChatTrial(db: Queries, { id, endpoint, trial, nowMs }: NewChatTrial): Promise<void> {
  const { model, inputTokens, outputTokens, isEstimated, currency, costNanos } = trial;
  await db.perform(
    query(sql`insert into chat_trials
        (id, endpoint, model, input_tokens, output_tokens, estimated, currency, cost_nanos, created_at_ms)
      values (${id}, ${endpoint}, ${model}, ${inputTokens}, ${outputTokens}, ${isEstimated ? 1 : 0}, ${currency},
        ${costNanos}, ${nowMs})`),
  );
}

/** What trials of an endpoint cost in one currency. */
export interface ChatTrialCost {
  readonly currency: Currency;
  readonly trials: number;
  readonly costNanos: Nanos;
}

export async function chatTrialCosts(
  db: Queries,
  { endpoint, sinceMs }: { readonly endpoint: string; readonly sinceMs: number },
): Promise<ChatTrialCost[]> {
  const rows = await db.perform(
    query<{ currency: Currency; trials: number; cost_nanos: Nanos }>(
      sql`select currency, count(*) as trials, cast(sum(cost_nanos) as bigint) as cost_nanos from chat_trials
        where endpoint = ${endpoint} and created_at_ms >= ${sinceMs} group by currency order by currency`,
    ),
  );
  return rows.map(({ currency, trials, cost_nanos }) => ({ currency, trials, costNanos: cost_nanos }));
}
