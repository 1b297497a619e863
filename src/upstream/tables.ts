import type { Id } from "../kernel/ids.ts";
import type { Currency, Nanos } from "../kernel/money.ts";

export interface UpstreamRow {
  id: Id<"upstream">;
  name: string;
  base_url: string;
  allow_private: number;
  secret_box: string | null;
  secret_last_four: string | null;
  disabled_at_ms: number | null;
  created_at_ms: number;
}

export interface UpstreamModelRow {
  id: Id<"upstreamModel">;
  upstream: Id<"upstream">;
  name: string;
  apis: string;
  context_tokens_max: number;
  output_tokens_max: number;
  created_at_ms: number;
}

export interface UpstreamRateCardRow {
  id: Id<"upstreamRateCard">;
  model: Id<"upstreamModel">;
  currency: Currency;
  effective_at_ms: number;
  input_million_nanos: Nanos;
  cached_input_million_nanos: Nanos;
  output_million_nanos: Nanos;
  request_nanos: Nanos;
  second_nanos: Nanos;
  created_at_ms: number;
}

export interface UpstreamRouteRow {
  endpoint: string;
  id: Id<"upstreamRoute">;
  policy: string;
  targets: string;
  created_at_ms: number;
  updated_at_ms: number;
}

export interface UpstreamHealthRow {
  model: Id<"upstreamModel">;
  state: "closed" | "open" | "half_open";
  reason: string | null;
  since_ms: number;
}

export interface UpstreamTables {
  upstreams: UpstreamRow;
  upstream_models: UpstreamModelRow;
  upstream_rate_cards: UpstreamRateCardRow;
  upstream_routes: UpstreamRouteRow;
  upstream_health: UpstreamHealthRow;
}
