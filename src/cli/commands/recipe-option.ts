import { readFile } from "node:fs/promises";
import { Refusal } from "../../kernel/errors.ts";
import { type Recipe, getRecipe, parseRecipe } from "../../train/index.ts";

/** What `--recipe` names: one of the built-in recipes, or a JSON file. */
export async function readRecipe(nameOrFile: string): Promise<Recipe> {
  if (!nameOrFile.endsWith(".json")) return getRecipe(nameOrFile).recipe;
  const text = await readFile(nameOrFile, "utf8").catch(() => {
    throw new Refusal("not_found", `There is no file ${nameOrFile}.`);
  });
  try {
    return parseRecipe(JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new Refusal("invalid_request", `${nameOrFile} is not JSON: ${error.message}.`);
    throw error;
  }
}
