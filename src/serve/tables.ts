import type { Id } from "../kernel/ids.ts";
import type { Nanos } from "../kernel/money.ts";
import type { AnsweringModel, AnsweringSource } from "./predictions.ts";

export interface EndpointRow {
  id: Id<"endpoint">;
  name: string;
  revision: number;
  created_at_ms: number;
}

export interface ReleaseRow {
  id: Id<"release">;
  endpoint: Id<"endpoint">;
  model: Id<"model">;
  role: "champion" | "challenger" | "shadow";
  share: number;
  previous: Id<"release"> | null;
  reason: string;
  deployed_at_ms: number;
  retired_at_ms: number | null;
  retired_because: string | null;
}

export interface PredictionRow {
  id: Id<"prediction">;
  /** The endpoint's public name. */
  endpoint: string;
  release: AnsweringSource;
  model: AnsweringModel;
  customer: Id<"customer">;
  key: Id<"key">;
  request: string;
  idempotency_key: string | null;
  body_hash: string;
  input_hash: string;
  input_text: string | null;
  output: string;
  shadow_of: Id<"prediction"> | null;
  latency_ms: number;
  cost_nanos: Nanos;
  created_at_ms: number;
}

export interface ServeTables {
  endpoints: EndpointRow;
  releases: ReleaseRow;
  predictions: PredictionRow;
}
