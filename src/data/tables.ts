import type { Id } from "../kernel/ids.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Store } from "../store/index.ts";
import type { Kind } from "./kinds.ts";
import type { Part, Split } from "./splits.ts";

/** What writing needs; reading needs only `Queries`. */
export interface DataDeps {
  readonly store: Store;
  readonly clock: Clock;
}

export interface DataTables {
  data_datasets: {
    id: Id<"dataset">;
    name: string;
    seed: string;
    validation_share: number;
    test_share: number;
    latest_number: number;
    redacts: number;
    kind: Kind;
    table_shape: string | null;
    created_at_ms: number;
  };
  data_versions: {
    id: Id<"datasetVersion">;
    dataset_id: Id<"dataset">;
    number: number;
    parent_id: Id<"datasetVersion"> | null;
    digest: string;
    test_digest: string;
    counts: string;
    labels: string;
    report: string;
    note: string;
    created_at_ms: number;
  };
  data_examples: {
    id: Id<"example">;
    dataset_id: Id<"dataset">;
    born_version_id: Id<"datasetVersion">;
    ordinal: number;
    input_hash: string;
    content_hash: string;
    input: string;
    label: string | null;
    group_name: string;
    split: Split;
    born_part: Part;
    sketch: string;
    provenance: string;
    created_at_ms: number;
    erased_at_ms: number | null;
  };
  data_members: {
    dataset_id: Id<"dataset">;
    example_id: Id<"example">;
    part: Part;
    ordinal: number;
    since_number: number;
    until_number: number;
  };
}

/** `until_number` of what is still a member. */
export const openEnded = Number.MAX_SAFE_INTEGER;
