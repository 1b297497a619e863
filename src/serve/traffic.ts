import { idsSince } from "../kernel/ids.ts";
import { type Queries, type Statement, query } from "../store/index.ts";

/** What one release answered in one step of time, and how fast. */
export interface Traffic {
  readonly fromMs: number;
  readonly release: string;
  readonly model: string;
  /** Computed beside the answer, never answered. */
  readonly isShadow: boolean;
  readonly answers: number;
  /** Of these, what an upstream or the caller broke off. */
  readonly cutOff: number;
  readonly latencyMsMean: number;
  /** Within a fifth: read off counts below fixed bounds. */
  readonly latencyMsP50: number;
  readonly latencyMsP95: number;
}

export interface TrafficRange {
  readonly endpoint: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
}

/** Milliseconds; each is about 1.4 times the one before. */
const bounds = [
  1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 1_024, 2_048, 8_192, 60_000,
];

type Row = {
  readonly step: number;
  readonly release: string;
  readonly model: string;
  readonly is_shadow: number;
  readonly bound: number;
  readonly n: number;
  readonly cut_off: number;
  readonly sum_ms: number;
};

const boundOf = `case ${bounds.map((ms, i) => `when latency_ms <= ${ms} then ${i}`).join(" ")} else ${bounds.length} end`;

const counted = ({ endpoint, fromMs, toMs, stepMs }: TrafficRange): Statement => ({
  parts: [
    `select step, release, model, is_shadow, bound, cast(count(*) as bigint) as n,
        cast(sum(cut_off) as bigint) as cut_off, sum(latency_ms) as sum_ms
      from (select cast((created_at_ms - `,
    `) / `,
    ` as bigint) as step, release, model, latency_ms, ${boundOf} as bound,
          case when shadow_of is null then 0 else 1 end as is_shadow,
          case when output like '%"finishReason":"broken"%' or output like '%"finishReason":"cancelled"%'
            then 1 else 0 end as cut_off
        from predictions where id >= `,
    ` and id < `,
    ` and endpoint = `,
    `) as answered
      group by step, release, model, is_shadow, bound order by step, release, model, is_shadow, bound`,
  ],
  params: [fromMs, stepMs, idsSince("prediction", fromMs), idsSince("prediction", toMs), endpoint],
});

/** By release and step of time. Reads the range of the primary key that the time range is, whatever the history. */
export async function trafficOf(db: Queries, { endpoint, fromMs, toMs, stepMs }: TrafficRange): Promise<Traffic[]> {
  const rows = await db.perform(query<Row>(counted({ endpoint, fromMs, toMs, stepMs })));
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = `${row.step} ${row.release} ${row.model} ${row.is_shadow}`;
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()].map((group) => trafficFrom(group, fromMs, stepMs));
}

function trafficFrom(rows: readonly Row[], fromMs: number, stepMs: number): Traffic {
  const [first] = rows as [Row];
  const answers = rows.reduce((sum, { n }) => sum + n, 0);
  return {
    fromMs: fromMs + first.step * stepMs,
    release: first.release,
    model: first.model,
    isShadow: first.is_shadow === 1,
    answers,
    cutOff: rows.reduce((sum, row) => sum + row.cut_off, 0),
    latencyMsMean: rows.reduce((sum, row) => sum + row.sum_ms, 0) / answers,
    latencyMsP50: quantile(rows, answers * 0.5),
    latencyMsP95: quantile(rows, answers * 0.95),
  };
}

/** Where the count passes `rank`, on a line between the bounds of that step. */
function quantile(rows: readonly Row[], rank: number): number {
  let before = 0;
  for (const { bound, n } of rows) {
    const [low, high] = [bounds[bound - 1] ?? 0, bounds[bound] ?? 0];
    if (before + n >= rank) return low + ((rank - before) / n) * (high - low);
    before += n;
  }
  return bounds.at(-1) ?? 0;
}
