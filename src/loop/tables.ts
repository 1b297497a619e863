import type { Id } from "../kernel/ids.ts";
import type { Decision } from "./decide.ts";

export interface VerdictRow {
  id: Id<"verdict">;
  endpoint: string;
  champion: Id<"model">;
  candidate: Id<"model">;
  dataset_version: Id<"datasetVersion">;
  decision: Decision;
  reason: string;
  comparison: string;
  touches: string;
  judged_before: number;
  release: Id<"release"> | null;
  created_at_ms: number;
}

export interface TurnRow {
  id: Id<"turn">;
  endpoint: string;
  dataset: Id<"dataset">;
  state: "collecting" | "training" | "ended" | "failed";
  recipe: string;
  seed: number;
  job: Id<"job">;
  dataset_version: Id<"datasetVersion"> | null;
  run: Id<"run"> | null;
  verdict: Id<"verdict"> | null;
  reviewed: number | null;
  reason: string | null;
  created_at_ms: number;
  finished_at_ms: number | null;
}

export interface TriggerRow {
  endpoint: string;
  dataset: Id<"dataset">;
  reviewed_min: number;
  recipe: string;
  created_at_ms: number;
}

export interface LoopTables {
  verdicts: VerdictRow;
  loop_turns: TurnRow;
  loop_triggers: TriggerRow;
}
