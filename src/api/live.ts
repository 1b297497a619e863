import type { FastifyReply } from "fastify";
import { type Accesses, type Area, liveSessions } from "../identity/index.ts";
import type { Clock } from "../kernel/clock.ts";
import { Refusal, must } from "../kernel/errors.ts";
import type { Id } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import { type Store, queryOne, sql } from "../store/index.ts";

/** What pages are told of, so that they need not ask; each only to who may see its area. */
const topics = {
  predictions: "endpoints",
  runs: "train",
  reviews: "review",
  invoices: "money",
  payments: "money",
  changes: "any",
} as const satisfies { readonly [topic: string]: Area | "any" };
type Topic = keyof typeof topics;

interface LiveEvent {
  readonly type: Topic;
  readonly at_ms: number;
  readonly [fact: string]: unknown;
}

/** Who listens. */
export interface Listener {
  readonly accesses: Accesses | "all";
  /** Its stream ends with it; undefined of an operator key, whose stream ends after a while. */
  readonly session: Id<"session"> | undefined;
  readonly reply: FastifyReply;
}

/** News for the console's pages, of this process and of others. */
export interface Live {
  /**
   * Takes the answer over: it is a stream of events from now on, and what changes after it has begun is told. Refusal
   * `unavailable` when too many listen.
   */
  listen(listener: Listener): Promise<void>;
  /** One query, if anybody listens. Call it every `limits.liveTickMs`. */
  tick(): Promise<void>;
  close(): void;
}

export function openLive({ store, clock }: { readonly store: Store; readonly clock: Clock }): Live {
  const streams = new Set<Stream>();
  let seen: Counters | undefined;
  let ticks = 0;
  const tell = (event: LiveEvent): void => {
    for (const stream of streams) if (mayHear(stream.listener, event.type)) stream.send(event);
  };
  return {
    async listen(listener) {
      if (streams.size >= limits.liveStreamsMax)
        throw new Refusal("unavailable", "Too many pages listen already.", { retryAfterSeconds: 30 });
      const now = await readCounters(store, undefined);
      if (listener.reply.raw.destroyed) return;
      seen ??= now; // the first of all listens from here on
      const stream = openStream(listener, clock.now());
      streams.add(stream);
      listener.reply.raw.on("close", () => streams.delete(stream));
    },
    async tick() {
      if (streams.size === 0) {
        seen = undefined; // whoever comes next reads everything anew anyway
        return;
      }
      if (++ticks % limits.liveSessionTicks === 0) return endOld(streams, store, clock.now());
      const now = await readCounters(store, seen);
      if (seen) for (const event of differences(seen, now, clock.now())) tell(event);
      seen = now;
    },
    close() {
      for (const stream of streams) stream.end();
    },
  };
}

function mayHear({ accesses }: Listener, topic: Topic): boolean {
  const area = topics[topic];
  return area === "any" || accesses === "all" || accesses[area] !== "none";
}

interface Stream {
  readonly listener: Listener;
  readonly sinceMs: number;
  send(event: LiveEvent): void;
  beat(): void;
  end(): void;
}

function openStream(listener: Listener, nowMs: number): Stream {
  const { reply } = listener;
  const { raw } = reply;
  reply.hijack();
  raw.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
  });
  const write = (text: string): void => {
    if (raw.destroyed) return;
    // a page that takes nothing is cut off; it comes again by itself
    if (raw.writableLength > limits.liveBufferBytes) raw.destroy();
    else raw.write(text);
  };
  write(`retry: ${limits.liveRetryMs}\n\n`);
  return {
    listener,
    sinceMs: nowMs,
    send: (event) => write(`data: ${JSON.stringify(event)}\n\n`),
    beat: () => write(": still here\n\n"),
    end: () => void raw.end(),
  };
}

/** Streams of sessions that are over end, those of keys after their time: a browser comes again and is asked who it is. */
async function endOld(streams: ReadonlySet<Stream>, store: Store, nowMs: number): Promise<void> {
  const ids = [...streams].flatMap(({ listener }) => listener.session ?? []);
  const live = await liveSessions(store, { sessions: [...new Set(ids)], nowMs });
  for (const stream of streams) {
    const { session } = stream.listener;
    const isOver = session === undefined ? nowMs - stream.sinceMs >= limits.liveMsMax : !live.has(session);
    if (isOver) stream.end();
    else stream.beat();
  }
}

interface Counters {
  readonly prediction: string | null;
  readonly fresh: number;
  readonly run: string | null;
  readonly running: number;
  readonly queued: number;
  readonly progress: string | null;
  readonly reviews: number;
  readonly invoice: string | null;
  readonly payment: string | null;
  readonly change: string | null;
}

/** All that is looked at, as one row, each part by an index and none counted further than a page shows. */
async function readCounters(store: Store, seen: Counters | undefined): Promise<Counters> {
  const most = limits.liveCountMax;
  const last = seen?.prediction ?? "";
  const row = await store.aside.perform(
    queryOne<Counters>(sql`select
      (select max(id) from predictions) as prediction,
      (select count(*) from (select 1 from predictions where id > ${last} limit ${most}) as f) as fresh,
      (select max(id) from runs) as run,
      (select count(*) from (select 1 from jobs where state = ${"running"} limit ${most}) as r) as running,
      (select count(*) from (select 1 from jobs where state = ${"queued"} limit ${most}) as q) as queued,
      (select max(progress) from jobs where state = ${"running"}) as progress,
      (select count(*) from (select 1 from review_items where state = ${"open"} limit ${most}) as o) as reviews,
      (select max(id) from invoices) as invoice,
      (select max(id) from payments) as payment,
      (select max(id) from audit_events) as change`),
  );
  return must(row, "one row of counters");
}

function differences(seen: Counters, now: Counters, atMs: number): LiveEvent[] {
  const differs = (...names: readonly (keyof Counters)[]): boolean => names.some((name) => seen[name] !== now[name]);
  const event = (type: Topic, facts: object): LiveEvent => ({ type, at_ms: atMs, ...facts });
  return [
    ...(differs("prediction") ? [event("predictions", { last: now.prediction, count: now.fresh })] : []),
    ...(differs("run", "running", "queued", "progress")
      ? [event("runs", { last: now.run, running: now.running, queued: now.queued })]
      : []),
    ...(differs("reviews") ? [event("reviews", { open: now.reviews })] : []),
    ...(differs("invoice") ? [event("invoices", { last: now.invoice })] : []),
    ...(differs("payment") ? [event("payments", { last: now.payment })] : []),
    ...(differs("change") ? [event("changes", {})] : []),
  ];
}
