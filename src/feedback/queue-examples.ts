import {
  type DatasetVersion,
  type Example,
  type Kind,
  findDataset,
  findVersion,
  pagesOfExamples,
  parts,
} from "../data/index.ts";
import { Refusal } from "../kernel/errors.ts";
import { newId } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import { type Store, bulkInsert, query } from "../store/index.ts";
import { queueOfDataset } from "./review-item.ts";
import { decisionOf } from "./decision.ts";

export interface ExamplesToReview {
  /** Id, `name@3`, or a dataset's name for its latest. */
  readonly version: string;
  /** Those without a label, or all that may still be labelled. */
  readonly which: "unlabelled" | "all";
  /** What reviewers choose from; what the version has, or what is usual for its kind, when left out. */
  readonly labels?: readonly string[] | undefined;
  /** At most `limits.reviewQueuedMax`. */
  readonly count: number;
  readonly nowMs: number;
}

export interface QueuedExamples {
  readonly queue: string;
  readonly queued: number;
}

/**
 * Examples in order of arrival, from behind those that were in the queue before. A label that is there already is proposed to
 * the reviewers; one in the frozen test is not asked about, because it may not change.
 */
export async function queueExamples(store: Store, wanted: ExamplesToReview): Promise<QueuedExamples> {
  const { which, count, nowMs } = wanted;
  const version = await findVersion(store, wanted.version);
  const { name, kind } = await findDataset(store, version.datasetId);
  const labels = labelsFor(kind, wanted.labels ?? [...decisionOf(kind).usualLabels, ...version.labels]);
  const queue = queueOfDataset(name);
  let queued = 0;
  for await (const examples of candidates(store, version, which)) {
    const some = examples.slice(0, count - queued);
    const rows = some.map(({ id, label }, i) => {
      const proposals = label === undefined ? [] : [{ label, signals: 0 }];
      const priority = 2 + proposals.length + 1 / (2 + queued + i); // in order of arrival
      const own = [newId("review", nowMs), queue, kind, version.datasetId, id, "own"];
      return [
        ...own,
        JSON.stringify(labels),
        JSON.stringify(proposals),
        "neutral",
        0,
        priority,
        "open",
        0,
        nowMs,
        0,
        0,
        0,
      ];
    });
    queued += (await store.perform(query<{ id: string }>(insertItems(rows)))).length;
    if (queued >= count) break;
  }
  return { queue, queued };
}

/** One that somebody skipped before is asked about again. */
const insertItems = bulkInsert(
  "review_items",
  {
    id: "text",
    queue: "text",
    kind: "text",
    dataset: "text",
    example: "text",
    consent: "text",
    labels: "text",
    proposals: "text",
    stance: "text",
    sampled: "bigint",
    priority: "double precision",
    state: "text",
    revision: "bigint",
    created_at_ms: "bigint",
    disagreeing: "bigint",
    adjudicated: "bigint",
    gold: "bigint",
  },
  `on conflict (example) do update set state = 'open', labels = excluded.labels, reviewer = null, reason = null,
    ended_at_ms = null, revision = review_items.revision + 1 where review_items.state = 'skipped' returning id`,
);

async function* candidates(
  store: Store,
  version: DatasetVersion,
  which: ExamplesToReview["which"],
): AsyncGenerator<readonly Example[]> {
  for (const part of parts) {
    if (part === "held") continue;
    for await (const page of pagesOfExamples(store, version, part, pageRows)) {
      yield page.filter(({ label }) => label === undefined || (which === "all" && part !== "test"));
    }
  }
}

const pageRows = 200;

function labelsFor(kind: Kind, labels: readonly string[]): readonly string[] {
  const all = [...new Set(labels)];
  const least = kind === "text-spans" ? 1 : 2;
  if (all.length >= least && all.length <= limits.labelsMax) return all;
  const why = `Reviewers would choose from ${all.length} labels; it takes ${least} to ${limits.labelsMax}.`;
  throw new Refusal("invalid_request", why, { param: "labels", hint: "Name the labels to choose from." });
}
