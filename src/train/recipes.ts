import { notFound } from "../kernel/errors.ts";
import { type Recipe, parseRecipe } from "./recipe.ts";

export interface RecipeEntry {
  readonly name: string;
  /** One line for a table. */
  readonly summary: string;
  readonly recipe: Recipe;
}

/** Every recipe that can be named. */
export const recipes: readonly RecipeEntry[] = [
  {
    name: "text-classification",
    summary: "n-grams, embedding bag, softmax: seconds on a CPU",
    recipe: parseRecipe({ name: "text-classification", task: "text-classification", architecture: "embedding-bag" }),
  },
];

export function getRecipe(name: string): RecipeEntry {
  const entry = recipes.find((candidate) => candidate.name === name);
  if (!entry) throw notFound("recipe", name);
  return entry;
}
