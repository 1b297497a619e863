import { type Changed, type DataDeps, createVersion, findDataset } from "../data/index.ts";
import { Refusal } from "../kernel/errors.ts";
import { returnReviewedRows, takeReviewedRows } from "./reviewed-rows.ts";

/**
 * A dataset's own reviewed examples become its next version. Interrupted, it begins again with the same rows: the number of the
 * version in the making names the batch.
 */
export async function versionFromReviews(deps: DataDeps, dataset: string): Promise<Changed> {
  const { id, name, latestNumber } = await findDataset(deps.store, dataset);
  const batch = { dataset: id, batch: `${id}@${latestNumber + 1}` };
  const add = await deps.store.transaction((tx) =>
    takeReviewedRows(tx, { ...batch, endpoints: [], nowMs: deps.clock.now() }),
  );
  if (add.length === 0) {
    throw new Refusal("conflict", `No reviewed example of "${name}" waits for a version.`, {
      hint: `Put examples into the queue and settle them: millrace review queue ${name}`,
    });
  }
  try {
    return await createVersion(deps, { dataset: id, add, note: `${add.length} reviewed examples` });
  } catch (error) {
    await deps.store.transaction((tx) => returnReviewedRows(tx, batch));
    throw error;
  }
}
