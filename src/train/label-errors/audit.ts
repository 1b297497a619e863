import { type DataDeps, type DatasetVersion, type Example, findDataset, pagesOfExamples } from "../../data/index.ts";
import { Refusal } from "../../kernel/errors.ts";
import { sha256 } from "../../kernel/hash.ts";
import type { Id } from "../../kernel/ids.ts";
import { limits } from "../../kernel/limits.ts";
import type { Queries } from "../../store/index.ts";
import type { TrainTables } from "../tables.ts";
import { doubtfulLabels } from "./confident.ts";
import { outOfFold } from "./out-of-fold.ts";

/** Labels of one version that are likely wrong. */
export interface LabelAudit {
  readonly version: Id<"datasetVersion">;
  /** How many examples of train and validation were looked at. */
  readonly examined: number;
  /** The most doubtful first, at most `limits.labelDoubtsMax`. */
  readonly doubts: readonly LabelDoubt[];
  readonly createdAtMs: number;
}

export interface LabelDoubt {
  readonly example: Id<"example">;
  readonly given: string;
  readonly suggested: string;
  /** p(given) - p(suggested), in [-1, 0]. */
  readonly margin: number;
}

const foldCount = 5;

/**
 * Looks for wrong labels in the train and validation parts of a version of texts (what is tested stays unseen) and keeps
 * what it found: the same version gives the same again. Refusal `invalid_request` when it has no texts with labels.
 */
export async function auditLabels(deps: DataDeps, version: DatasetVersion): Promise<LabelAudit> {
  const known = await findLabelAudit(deps.store, version.id);
  if (known) return known;
  const { kind } = await findDataset(deps.store, version.datasetId);
  if (kind !== "text" || version.labels.length < 2) {
    throw new Refusal("invalid_request", "Wrong labels are looked for in texts with at least two labels.", {
      hint: "Open a version of a text dataset that has labels.",
    });
  }
  const examples = await someExamples(deps.store, version);
  const labels = Int32Array.from(examples, ({ label }) => version.labels.indexOf(label ?? ""));
  const classes = version.labels.length;
  const folds = Uint8Array.from(examples, ({ group }) => Number.parseInt(sha256(group).slice(0, 8), 16) % foldCount);
  const texts = examples.map(({ input }) => input);
  const probabilities = await outOfFold({ texts, labels, folds, foldCount, classes });
  const doubts = doubtfulLabels({ classes, given: labels, probabilities })
    .slice(0, limits.labelDoubtsMax)
    .map(({ at, suggested, margin }): LabelDoubt => {
      const { id, label } = examples[at] as Example;
      return { example: id, given: label ?? "", suggested: version.labels[suggested] ?? "", margin };
    });
  const audit = { version: version.id, examined: examples.length, doubts, createdAtMs: deps.clock.now() };
  await deps.store
    .as<TrainTables>()
    .insertInto("label_audits")
    .values({
      version: version.id,
      examined: audit.examined,
      found: JSON.stringify(doubts),
      created_at_ms: audit.createdAtMs,
    })
    .onConflict((on) => on.doNothing())
    .execute();
  return audit;
}

async function someExamples(db: Queries, version: DatasetVersion): Promise<Example[]> {
  const examples: Example[] = [];
  for (const part of ["train", "validation"] as const) {
    for await (const page of pagesOfExamples(db, version, part)) {
      for (const example of page) {
        if (example.label !== undefined && version.labels.includes(example.label)) examples.push(example);
        if (examples.length === limits.labelAuditExamplesMax) return examples;
      }
    }
  }
  return examples;
}

/** What an earlier audit found. */
export async function findLabelAudit(db: Queries, version: Id<"datasetVersion">): Promise<LabelAudit | undefined> {
  const row = await db
    .as<TrainTables>()
    .selectFrom("label_audits")
    .selectAll()
    .where("version", "=", version)
    .executeTakeFirst();
  if (!row) return undefined;
  const doubts = JSON.parse(row.found) as LabelDoubt[];
  return { version, examined: row.examined, doubts, createdAtMs: row.created_at_ms };
}
