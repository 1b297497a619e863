import { textsOfExamples } from "../data/index.ts";
import { must } from "../kernel/errors.ts";
import type { Id } from "../kernel/ids.ts";
import { getCustomer } from "../sell/index.ts";
import type { Queries } from "../store/index.ts";
import type { FeedbackTables, ReviewItemRow } from "./tables.ts";

/** A reviewed example on its way into a dataset version. */
export interface ReviewedRow {
  readonly input: string;
  readonly label: string;
  readonly provenance: { readonly kind: "review"; readonly id: Id<"review"> };
}

export interface ReviewedBatch {
  readonly dataset: Id<"dataset">;
  /** Names the version in the making: taking the same batch again gives the same rows. */
  readonly batch: string;
  /** The endpoints whose reviewed predictions belong to this dataset; its own reviewed examples always do. */
  readonly endpoints: readonly string[];
  readonly nowMs: number;
}

/**
 * Every settled item that no earlier batch of this dataset took, and that may still be learned from. Within the
 * transaction that makes the version, both happen or neither.
 */
export async function takeReviewedRows(tx: Queries, batch: ReviewedBatch): Promise<ReviewedRow[]> {
  const allowed = await stillAllowed(tx, await untakenItems(tx, batch));
  const takes = allowed.map(({ id }) => ({
    item: id,
    dataset: batch.dataset,
    batch: batch.batch,
    taken_at_ms: batch.nowMs,
  }));
  for (let i = 0; i < takes.length; i += 200) {
    const some = takes.slice(i, i + 200);
    await tx
      .as<FeedbackTables>()
      .insertInto("review_takes")
      .values(some)
      .onConflict((on) => on.doNothing())
      .execute();
  }
  const taken = await tx
    .as<FeedbackTables>()
    .selectFrom("review_takes")
    .innerJoin("review_items", "review_items.id", "review_takes.item")
    .select(["review_items.id", "input_text", "example", "label"])
    .where("review_takes.dataset", "=", batch.dataset)
    .where("batch", "=", batch.batch)
    .orderBy("review_items.id")
    .execute();
  const texts = await textsOfExamples(
    tx,
    taken.flatMap(({ example }) => example ?? []),
  );
  return taken.flatMap(({ id, input_text, example, label }) => {
    const input = input_text ?? texts.get(example ?? "");
    if (input === undefined) return []; // forgotten since
    return [{ input, label: must(label, "a settled item has a label"), provenance: { kind: "review", id } }];
  });
}

/** How many rows `takeReviewedRows` would find: what a count trigger looks at. */
export async function countUntakenReviews(db: Queries, batch: Omit<ReviewedBatch, "nowMs" | "batch">): Promise<number> {
  return (await stillAllowed(db, await untakenItems(db, batch))).length;
}

/** Gives the rows of a batch back, when its version will never be made. */
export async function returnReviewedRows(
  tx: Queries,
  { dataset, batch }: Pick<ReviewedBatch, "dataset" | "batch">,
): Promise<void> {
  await tx
    .as<FeedbackTables>()
    .deleteFrom("review_takes")
    .where("dataset", "=", dataset)
    .where("batch", "=", batch)
    .execute();
}

type Untaken = Pick<ReviewItemRow, "id" | "customer" | "consent">;

async function untakenItems(
  db: Queries,
  { dataset, endpoints }: Pick<ReviewedBatch, "dataset" | "endpoints">,
): Promise<Untaken[]> {
  const takenBefore = db.as<FeedbackTables>().selectFrom("review_takes").select("item").where("dataset", "=", dataset);
  return db
    .as<FeedbackTables>()
    .selectFrom("review_items")
    .select(["id", "customer", "consent"])
    .where("state", "=", "settled")
    .where(({ eb, and, or }) => {
      const ofDataset = eb("dataset", "=", dataset);
      if (endpoints.length === 0) return ofDataset;
      return or([ofDataset, and([eb("queue", "in", endpoints), eb("prediction", "is not", null)])]);
    })
    .where("id", "not in", takenBefore)
    .orderBy("id")
    .execute();
}

/** A customer may have withdrawn its consent since. */
async function stillAllowed(db: Queries, items: readonly Untaken[]): Promise<Untaken[]> {
  const customers = new Set(items.flatMap(({ consent, customer }) => (consent === "customer" && customer) || []));
  const withdrawn = new Set<string>();
  for (const id of customers) {
    const { dataUse } = await getCustomer(db, id);
    if (dataUse !== "improve") withdrawn.add(id);
  }
  return items.filter(({ consent, customer }) => consent !== "customer" || !withdrawn.has(customer ?? ""));
}
