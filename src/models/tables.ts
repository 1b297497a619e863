import type { Sha256 } from "../kernel/hash.ts";
import type { Id } from "../kernel/ids.ts";
import type { Task } from "./model.ts";

export interface ModelTables {
  models: {
    id: Id<"model">;
    name: string;
    task: Task;
    /** JSON: string[] */
    labels: string;
    digest: Sha256;
    /** JSON: ModelFiles */
    files: string;
    onnx_bytes: number;
    run: Id<"run"> | null;
    dataset_version: Id<"datasetVersion"> | null;
    recipe: Sha256 | null;
    parent: Id<"model"> | null;
    /** JSON: ModelSummary */
    summary: string | null;
    created_at_ms: number;
  };
  encoders: {
    name: string;
    /** JSON: EncoderFacts */
    facts: string;
    onnx: Sha256;
    tokenizer: Sha256;
    onnx_bytes: number;
    created_at_ms: number;
  };
}
