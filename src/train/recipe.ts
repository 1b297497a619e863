import { z } from "zod";
import { Refusal, must } from "../kernel/errors.ts";
import { type Sha256, canonicalJson, sha256 } from "../kernel/hash.ts";
import { limits } from "../kernel/limits.ts";
import { type Recipe, recipeSchema } from "./architectures/index.ts";

export { type Recipe, recipeSchema } from "./architectures/index.ts";

/** Parses what a person or program wrote. The refusal names the field. */
export function parseRecipe(json: unknown): Recipe {
  const parsed = recipeSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const param = ["recipe", ...(issue?.path ?? [])].map(String).join(".");
  throw new Refusal("invalid_request", `The recipe is not valid at ${param}: ${issue?.message ?? "unknown"}.`, {
    param,
    hint: "See every field with its limits: millrace recipe show NAME --schema",
  });
}

/** The JSON Schema of recipes of this one's architecture: every field with its type, limits and default. */
export function recipeJsonSchema({ architecture }: Pick<Recipe, "architecture">): Readonly<Record<string, unknown>> {
  const schema = recipeSchema.options.find(({ shape }) => shape.architecture.value === architecture);
  return z.toJSONSchema(must(schema, `a schema of "${architecture}"`), { io: "input" });
}

/** The same recipe, damaged on purpose. */
export function withFireDrill(recipe: Recipe): Recipe {
  return { ...recipe, name: `${recipe.name}-fire-drill`.slice(0, limits.nameCharsMax), fire_drill: "shuffle_labels" };
}

export function recipeDigest(recipe: Recipe): Sha256 {
  return sha256(canonicalJson(recipe));
}
