import { Refusal } from "../kernel/errors.ts";
import { type Id, isId } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import { getModel, listModels } from "../models/index.ts";
import type { Queries } from "../store/index.ts";

/** A model by its id, by `latest`, or by its name when only one has it. */
export async function resolveModel(db: Queries, text: string): Promise<Id<"model">> {
  if (isId("model", text)) return (await getModel(db, text)).id;
  const models = await listModels(db, { limit: limits.listMax });
  if (text === "latest") {
    const [newest] = models;
    if (newest) return newest.id;
    throw new Refusal("not_found", "There is no model yet.", { hint: "Train one: millrace run start DATASET" });
  }
  const named = models.filter(({ name }) => name === text);
  const [only] = named;
  if (only && named.length === 1) return only.id;
  throw new Refusal(
    "not_found",
    named.length > 1 ? `${named.length} models are named "${text}"; say which by its id.` : `There is no model "${text}".`,
    { hint: "List them: millrace model list" },
  );
}
