import { Counter, Histogram, Registry, collectDefaultMetrics } from "prom-client";

/** What `/metrics` shows. One registry for each server, so that tests do not share counters. */
export interface Metrics {
  readonly registry: Registry;
  readonly httpSeconds: Histogram<"method" | "route" | "status">;
  readonly predictions: Counter<"endpoint" | "outcome">;
  readonly inferenceSeconds: Histogram<"endpoint">;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const buckets = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];
  return {
    registry,
    httpSeconds: new Histogram({
      name: "millrace_http_request_seconds",
      help: "Time from the request's arrival to the answer's last byte.",
      labelNames: ["method", "route", "status"],
      buckets,
      registers,
    }),
    predictions: new Counter({
      name: "millrace_predictions_total",
      help: "Paid prediction requests by how they ended.",
      labelNames: ["endpoint", "outcome"],
      registers,
    }),
    inferenceSeconds: new Histogram({
      name: "millrace_inference_seconds",
      help: "Time in the model, without money or HTTP.",
      labelNames: ["endpoint"],
      buckets,
      registers,
    }),
  };
}
