import fc from "fast-check";
import { z } from "zod";

/** What this reads of JSON Schema: all that Zod writes for the routes. */
export interface JsonSchema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly properties?: { readonly [name: string]: JsonSchema };
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
}

export function jsonSchemaOf(shape: z.ZodType): JsonSchema {
  return z.toJSONSchema(shape, { io: "input", unrepresentable: "any", cycles: "ref", reused: "inline" }) as JsonSchema;
}

/** Values that a schema lets through, or nearly: patterns and refinements beyond JSON Schema may still refuse them. */
export function arbitraryOf(schema: JsonSchema): fc.Arbitrary<unknown> {
  if ("const" in schema) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const options = schema.anyOf ?? schema.oneOf;
  if (options) return fc.oneof(...options.map(arbitraryOf));
  switch (schema.type) {
    case undefined:
      return fc.jsonValue({ maxDepth: 2 });
    case "object":
      return objectOf(schema);
    case "array":
      return fc.array(arbitraryOf(schema.items ?? {}), {
        minLength: schema.minItems ?? 0,
        maxLength: Math.min(schema.maxItems ?? 3, Math.max(3, schema.minItems ?? 0)),
      });
    case "string":
      return stringOf(schema);
    case "integer":
      return fc.integer({ min: Math.max(schema.minimum ?? -1e6, -1e9), max: Math.min(schema.maximum ?? 1e6, 1e9) });
    case "number":
      return fc.double({ min: schema.minimum ?? -1e9, max: schema.maximum ?? 1e9, noNaN: true });
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}

function objectOf({ properties = {}, required = [], additionalProperties }: JsonSchema): fc.Arbitrary<unknown> {
  const known = fc.record(
    Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, arbitraryOf(property)])),
    { requiredKeys: [...required] },
  );
  if (typeof additionalProperties !== "object" || Object.keys(properties).length > 0) return known;
  return fc.dictionary(fc.string({ minLength: 1, maxLength: 8 }), arbitraryOf(additionalProperties), { maxKeys: 3 });
}

function stringOf({ pattern, minLength = 0, maxLength = 40 }: JsonSchema): fc.Arbitrary<string> {
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern, "u"));
  const [least, most] = [minLength, Math.max(minLength, Math.min(maxLength, 40))];
  return fc.oneof(
    fc.string({ minLength: least, maxLength: most }),
    fc.string({ minLength: least, maxLength: most, unit: "grapheme" }),
  );
}

/** A value of the schema in which one place holds something else: what a careless or hostile program sends. */
export function bentOf(schema: JsonSchema): fc.Arbitrary<unknown> {
  const strange = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.constantFrom<unknown>("\0", "\ud800", "x".repeat(5_000), -0, 1e308, 2 ** 53 + 2, "constructor", {
      __proto__: null,
    }),
    fc.string({ unit: "binary" }),
  );
  return fc
    .tuple(arbitraryOf(schema), fc.nat(), strange)
    .map(([value, at, other]) => replaced(value, at, other, schema));
}

function replaced(value: unknown, at: number, other: unknown, schema: JsonSchema): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return other;
  const names = [...new Set([...Object.keys(value), ...Object.keys(schema.properties ?? {})])];
  const name = names[at % (names.length + 1)] ?? "unknown_field";
  const inner = (value as Record<string, unknown>)[name];
  const deeper = at % 3 === 0 && typeof inner === "object" && inner !== null;
  const innerSchema = schema.properties?.[name] ?? {};
  return { ...value, [name]: deeper ? replaced(inner, Math.floor(at / 3), other, innerSchema) : other };
}
