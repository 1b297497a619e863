import type { FieldSchema, FieldValues } from "../../ui/form-from-schema.tsx";

interface JsonSchema extends FieldSchema {
  readonly const?: unknown;
  readonly anyOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
}

type Json = Readonly<Record<string, unknown>>;

const given = new Set(["name", "task", "architecture"]);

/**
 * A recipe's JSON Schema as fields of a form, with the recipe's own values as what a field left empty means. Fields that
 * are fixed, or lists, keep the recipe's value and are no fields; "auto or a number" is a number that may be left empty.
 */
export function fieldsOf(schema: Json, recipe: Json): FieldSchema {
  const { properties = {} } = schema as JsonSchema;
  const fields = Object.entries(properties).flatMap(([name, property]): [string, FieldSchema][] => {
    if (given.has(name)) return [];
    const field = fieldOf(property, recipe[name]);
    return field ? [[name, field]] : [];
  });
  return { type: "object", properties: Object.fromEntries(fields) };
}

function fieldOf(property: JsonSchema, own: unknown): FieldSchema | undefined {
  const options = property.anyOf?.filter((option) => option.type !== "null" && option.const === undefined);
  const chosen = property.anyOf ? options?.[0] : property;
  if (!chosen || chosen.anyOf || chosen.const !== undefined || chosen.type === "array") return undefined;
  if (chosen.type === "object") {
    if (!chosen.properties) return undefined;
    return fieldsOf({ ...chosen }, (own ?? {}) as Json);
  }
  const { title, description, type, enum: choices, minimum, maximum } = chosen;
  const fallback = own ?? property.default;
  return {
    ...(type === undefined ? {} : { type }),
    ...(title === undefined ? {} : { title }),
    ...(description === undefined ? {} : { description }),
    ...(choices === undefined ? {} : { enum: choices }),
    ...(minimum === undefined ? {} : { minimum }),
    ...(maximum === undefined ? {} : { maximum }),
    ...(fallback === undefined ? {} : { default: fallback as string | number | boolean | null }),
  };
}

/** The recipe with what was filled in, field by field. */
export function withValues(recipe: Json, values: FieldValues): Json {
  const filled = Object.entries(values).map(([name, value]) => {
    const own = recipe[name];
    return [name, isRecord(value) ? withValues(isRecord(own) ? own : {}, value) : value];
  });
  return { ...recipe, ...(Object.fromEntries(filled) as Json) };
}

const isRecord = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
