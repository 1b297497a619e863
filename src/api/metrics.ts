import { AggregatorRegistry, Counter, Histogram, Registry, collectDefaultMetrics } from "prom-client";
import type { GatewayMetrics } from "../gateway/index.ts";

/** What `/metrics` shows. One registry for each server, so that tests do not share counters. */
export interface Metrics {
  readonly registry: Registry;
  readonly httpSeconds: Histogram<"method" | "route" | "status">;
  readonly gateway: GatewayMetrics;
  /** In Prometheus' text form: its own, or those of all processes that answer together. */
  text(): Promise<string>;
}

const buckets = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** Given what this registry has counted, finds what all processes have that answer together. */
export type Share = (own: () => Promise<readonly object[]>) => () => Promise<readonly object[]>;

export function createMetrics(share?: Share): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const requests = new Histogram({
    name: "millrace_paid_request_seconds",
    help: "Paid requests by how they ended: answered, replayed, failed, or the code of the refusal.",
    labelNames: ["endpoint", "outcome"],
    buckets,
    registers,
  });
  const failures = new Counter({
    name: "millrace_request_failures_total",
    help: "Customers' requests without an answer by the error's code; endpoint \"-\" where it was refused before it was known.",
    labelNames: ["endpoint", "code"],
    registers,
  });
  const inference = new Histogram({
    name: "millrace_inference_seconds",
    help: "Time in the model for one text, without waiting, money or HTTP.",
    labelNames: ["endpoint"],
    buckets,
    registers,
  });
  const batches = new Histogram({
    name: "millrace_inference_batch_size",
    help: "How many texts were computed together.",
    labelNames: ["endpoint"],
    buckets: [1, 2, 4, 8, 16, 32],
    registers,
  });
  const shadows = new Counter({
    name: "millrace_shadow_predictions_total",
    help: "Predictions of shadow releases by what became of them; never answered or billed.",
    labelNames: ["endpoint", "outcome"],
    registers,
  });
  const parts = share?.(() => registry.getMetricsAsJSON());
  return {
    registry,
    text: async () => (parts ? AggregatorRegistry.aggregate([...(await parts())]) : registry).metrics(),
    httpSeconds: new Histogram({
      name: "millrace_http_request_seconds",
      help: "Time from the request's arrival to the answer's last byte.",
      labelNames: ["method", "route", "status"],
      buckets,
      registers,
    }),
    gateway: {
      request: ({ endpoint, outcome, latencyMs }) => requests.observe({ endpoint, outcome }, latencyMs / 1000),
      failure: ({ endpoint, code }) => failures.inc({ endpoint, code }),
      inference: ({ endpoint, computeMs, batchSize }) => {
        inference.observe({ endpoint }, computeMs / 1000);
        batches.observe({ endpoint }, batchSize);
      },
      shadow: ({ endpoint, outcome }) => shadows.inc({ endpoint, outcome }),
    },
  };
}
