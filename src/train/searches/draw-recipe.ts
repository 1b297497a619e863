import { type Random, seededRandom } from "../../kernel/random.ts";
import { type Dimension, type Recipe, recipeSchema, searchSpace } from "../architectures/index.ts";

/** A field of a recipe that differs from the one the search started from. */
export interface Change {
  readonly path: string;
  readonly value: unknown;
}

/** The recipe itself at 0, then others with every dimension drawn anew: the same for the same seed and place. */
export function drawRecipe(recipe: Recipe, seed: number, place: number): Recipe {
  if (place === 0) return recipe;
  const space = searchSpace(recipe);
  const random = seededRandom(`${seed}/search/${place}`);
  for (let attempt = 0; attempt < 20; attempt++) {
    const drawn = structuredClone(recipe);
    for (const dimension of space) put(drawn, dimension.path.split("."), valueOf(dimension, random));
    const parsed = recipeSchema.safeParse(drawn); // values that do not go together are drawn again
    if (parsed.success) return parsed.data;
  }
  return recipe;
}

function valueOf(dimension: Dimension, random: Random): unknown {
  switch (dimension.draw) {
    case "log": {
      const { from, to } = dimension;
      return Number((from * (to / from) ** random.next()).toPrecision(3));
    }
    case "whole":
      return dimension.from + random.below(dimension.to - dimension.from + 1);
    case "one of":
      return dimension.values[random.below(dimension.values.length)];
  }
}

function put(target: object, path: readonly string[], value: unknown): void {
  const [name = "", ...rest] = path;
  const fields = target as Record<string, unknown>;
  if (rest.length === 0) fields[name] = value;
  else if (typeof fields[name] === "object" && fields[name] !== null) put(fields[name], rest, value);
}

/** What a drawn recipe changes. */
export function changesOf(from: Recipe, to: Recipe): Change[] {
  return searchSpace(from).flatMap(({ path }) => {
    const [before, value] = [get(from, path.split(".")), get(to, path.split("."))];
    return JSON.stringify(before) === JSON.stringify(value) ? [] : [{ path, value }];
  });
}

function get(source: unknown, path: readonly string[]): unknown {
  const [name = "", ...rest] = path;
  if (typeof source !== "object" || source === null) return undefined;
  const value = (source as Record<string, unknown>)[name];
  return rest.length === 0 ? value : get(value, rest);
}
