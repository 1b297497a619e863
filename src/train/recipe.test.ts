import { describe, expect, it } from "vitest";
import { Refusal } from "../kernel/errors.ts";
import { parseRecipe, recipeDigest, recipeJsonSchema, withFireDrill } from "./recipe.ts";
import { getRecipe, recipes } from "./recipes.ts";
import { renderRecipes } from "./render-run.ts";

const base = { name: "mine", task: "text-classification", architecture: "embedding-bag" };

describe("a recipe", () => {
  it("needs three fields; the rest has defaults", () => {
    expect(parseRecipe(base)).toMatchObject({
      width: "auto",
      hidden: 0,
      fire_drill: null,
      training: { epochs: "auto" },
    });
  });

  it.each(recipes)("named $name survives being printed, saved and read again", ({ recipe }) => {
    const again = parseRecipe(JSON.parse(JSON.stringify(recipe)));
    expect(again).toEqual(recipe);
    expect(recipeDigest(again)).toBe(recipeDigest(recipe));
  });

  it.each(recipes)("named $name may state one field of a group and leave the others", ({ recipe }) => {
    for (const [group, fields] of Object.entries(recipe)) {
      if (typeof fields !== "object" || fields === null || Array.isArray(fields)) continue;
      for (const [field, value] of Object.entries(fields as Record<string, unknown>)) {
        const { [group]: _, ...rest } = recipe as Record<string, unknown>;
        expect(() => parseRecipe({ ...rest, [group]: { [field]: value } }), `${group}.${field}`).not.toThrow();
      }
    }
  });

  it.each(recipes)("named $name fits 80 columns, and the schema names its fields", ({ name, summary, recipe }) => {
    expect(renderRecipes([{ name, summary, recipe }]).trimEnd().length).toBeLessThanOrEqual(80);
    expect(recipeJsonSchema(recipe)).toMatchObject({ type: "object", additionalProperties: false });
    expect(Object.keys(recipeJsonSchema(recipe)["properties"] ?? {})).toEqual(Object.keys(recipe));
  });

  const wrong: [story: string, json: unknown, param: string][] = [
    ["is not an object", 7, "recipe"],
    ["has a field nobody knows", { ...base, colour: "red" }, "recipe"],
    ["has a misspelt field inside", { ...base, training: { epoch: 3 } }, "recipe.training"],
    ["has no epochs at all", { ...base, training: { epochs: 0 } }, "recipe.training.epochs"],
    ["has n-grams that run backwards", { ...base, features: { characters: [4, 3] } }, "recipe.features.characters"],
    ["has a width that is no multiple of four", { ...base, width: 18 }, "recipe.width"],
    ["is for a task we do not have", { ...base, task: "telepathy" }, "recipe.task"],
  ];
  it.each(wrong)("is refused when it %s", (_story, json, param) => {
    const refusal = refusalOf(() => parseRecipe(json));
    expect(refusal.code).toBe("invalid_request");
    expect(refusal.details.param).toBe(param);
    expect(refusal.message).toMatch(/^The recipe is not valid at /);
  });

  it("that is not there is not found", () => {
    expect(refusalOf(() => getRecipe("magic")).code).toBe("not_found");
  });

  it("as a fire drill says so and differs in nothing else", () => {
    const { recipe } = getRecipe("text-classification");
    const drill = withFireDrill(recipe);
    expect(drill).toEqual({ ...recipe, name: "text-classification-fire-drill", fire_drill: "shuffle_labels" });
    expect(parseRecipe(drill)).toEqual(drill);
  });
});

function refusalOf(act: () => unknown): Refusal {
  try {
    act();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}
