import type { Id } from "../kernel/ids.ts";
import type { Queries } from "../store/index.ts";
import { sketchRoom, unpackSketch } from "./near/minhash.ts";
import type { Known } from "./plan.ts";
import { type DataTables, openEnded } from "./tables.ts";

const pageRows = 5_000;

/** Every example any version of the dataset ever had and that was not erased, without its text. */
export async function loadKnown(db: Queries, datasetId: Id<"dataset">): Promise<Known[]> {
  const known: Known[] = [];
  const nextSketch = sketchRoom();
  let after = "" as Id<"example">;
  for (;;) {
    const rows = await db
      .as<DataTables>()
      .selectFrom("data_examples as e")
      .innerJoin("data_versions as born", "born.id", "e.born_version_id")
      .leftJoin("data_members as m", (join) =>
        join.onRef("m.example_id", "=", "e.id").on("m.until_number", "=", openEnded),
      )
      .select(["e.id", "e.input_hash", "e.content_hash", "e.label", "e.group_name", "e.split", "e.ordinal", "e.sketch"])
      .select("m.part")
      .where("e.dataset_id", "=", datasetId)
      .where("e.erased_at_ms", "is", null)
      .where("e.id", ">", after)
      .orderBy("e.id")
      .limit(pageRows)
      .execute();
    for (const row of rows) {
      known.push({
        id: row.id,
        inputHash: row.input_hash,
        contentHash: row.content_hash,
        label: row.label ?? undefined,
        group: row.group_name,
        split: row.split,
        ordinal: row.ordinal,
        sketch: unpackSketch(row.sketch, nextSketch()),
        part: row.part ?? undefined,
      });
    }
    const last = rows.at(-1);
    if (!last || rows.length < pageRows) return known;
    after = last.id;
  }
}

export async function loadInput(db: Queries, id: Id<"example">): Promise<string> {
  const row = await db
    .as<DataTables>()
    .selectFrom("data_examples")
    .select("input")
    .where("id", "=", id)
    .executeTakeFirstOrThrow();
  return row.input;
}
