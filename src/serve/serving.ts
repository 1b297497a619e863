import type { Clock } from "../kernel/clock.ts";
import type { Id } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import type { Log } from "../kernel/log.ts";
import type { GenerateOptions, InputKind, VectorFacts } from "../models/index.ts";
import type { Store } from "../store/index.ts";
import { getEndpoint } from "./endpoints.ts";
import { type LoadedModels, loadedModels } from "./loaded-models.ts";
import type { Generation, Predictors, WriteOptions } from "./inference-worker.ts";
import type { PredictionOutput } from "./output.ts";
import type { Endpoint, Shadow } from "./release.ts";
import { type AnsweringRelease, routeRequest, shadowsOf } from "./routing.ts";

export interface ServingOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly predictors: Predictors;
}

/** Where one request goes. */
export interface Target {
  readonly endpoint: Endpoint;
  readonly release: AnsweringRelease;
  readonly shadows: readonly Shadow[];
}

export interface Inference {
  readonly output: PredictionOutput;
  /** This input's part of its batch's compute time. */
  readonly computeMs: number;
  readonly batchSize: number;
}

export interface InferOptions {
  readonly signal?: AbortSignal | undefined;
  /** What the input was given as: a model that takes another kind refuses it. Undefined of what came as plain text. */
  readonly kind?: InputKind | undefined;
}

/** The vectors of texts, in their order. */
export interface Embedding {
  readonly vectors: readonly Float32Array[];
  /** Read of all texts. */
  readonly tokens: number;
  /** These texts' part of their batches' compute time. */
  readonly computeMs: number;
  /** Of the largest batch that one of them was in. */
  readonly batchSize: number;
}

export type EmbedOptions = Pick<InferOptions, "signal">;

export interface ServingStats {
  readonly loadedModels: number;
  /** Texts in flight: waiting for a model or being computed. */
  readonly waiting: number;
  readonly batches: number;
  readonly inferences: number;
}

export interface Serving {
  /** Refusal `not_found` for an unknown endpoint. `request` decides which shadows compute. */
  route(endpoint: string, customer: Id<"customer">, request: string): Promise<Target>;
  /**
   * Refusals `unavailable` (queue full, thread gone), `cancelled` (the signal, before the model was asked) and
   * `invalid_request` (an input that the model cannot read).
   */
  infer(model: Id<"model">, input: string, how?: InferOptions): Promise<Inference>;
  /** What vectors a model gives. Refusal `invalid_request` for one that gives none. */
  vectors(model: Id<"model">): Promise<VectorFacts>;
  /** The vectors of texts. Refusals as of `infer`; what fails for one text fails for all. */
  embed(model: Id<"model">, texts: readonly string[], how?: EmbedOptions): Promise<Embedding>;
  /** A language model writes on from a prompt. Refusals `unavailable` and `invalid_request` (another kind of model). */
  write(model: Id<"model">, options: GenerateOptions, how: WriteOptions): Promise<Generation>;
  /**
   * The next request waits for this endpoint's releases (or those of all) to be read and loaded. Else a route is read again
   * after `routeCacheMs`, beside the requests that use it, and waited for only when nobody used it for `routeStaleMs`.
   */
  forget(endpoint?: string): void;
  stats(): ServingStats;
  /** Waits for what is in flight. */
  close(): Promise<void>;
}

interface CachedRoute {
  endpoint: Endpoint;
  readAtMs: number;
  refreshing: Promise<Endpoint> | undefined;
}

export function openServing({ store, clock, log, predictors }: ServingOptions): Serving {
  const models = loadedModels(store, predictors);
  const routes = new Map<string, CachedRoute>();
  const refresh = async (name: string): Promise<Endpoint> => {
    const readAtMs = clock.elapsed();
    const known = routes.get(name);
    const endpoint = await getEndpoint(store, name);
    try {
      if (known?.endpoint.revision !== endpoint.revision) await loadAll(models, endpoint);
    } catch (error) {
      if (!known) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      log.error({ endpoint: name, reason }, "a release cannot be loaded; the earlier one answers on");
      known.readAtMs = readAtMs;
      return known.endpoint;
    }
    routes.set(name, { endpoint, readAtMs, refreshing: undefined });
    return endpoint;
  };
  const currentRoute = (name: string): Endpoint | Promise<Endpoint> => {
    const known = routes.get(name);
    if (!known) return refresh(name);
    const ageMs = clock.elapsed() - known.readAtMs;
    if (ageMs < limits.routeCacheMs) return known.endpoint;
    known.refreshing ??= refresh(name).finally(() => (known.refreshing = undefined));
    if (ageMs >= limits.routeStaleMs) return known.refreshing;
    known.refreshing.catch((error: unknown) =>
      log.warn({ endpoint: name, reason: String(error) }, "no route was read"),
    );
    return known.endpoint;
  };
  return {
    async route(name, customer, request) {
      const endpoint = await currentRoute(name);
      return { endpoint, release: routeRequest(endpoint, customer), shadows: shadowsOf(endpoint, request) };
    },
    infer: (model, input, how) => models.infer(model, input, how),
    vectors: (model) => models.vectors(model),
    embed: (model, texts, how) => models.embed(model, texts, how),
    write: (model, options, how) => models.write(model, options, how),
    forget(name) {
      for (const [known, route] of routes) if (name === undefined || name === known) route.readAtMs = -Infinity;
    },
    stats: () => models.stats(),
    async close() {
      await models.close();
      await predictors.close();
    },
  };
}

async function loadAll(models: LoadedModels, { champion, challengers, shadows }: Endpoint): Promise<void> {
  await Promise.all([champion, ...challengers, ...shadows].map(({ model }) => models.load(model)));
}
