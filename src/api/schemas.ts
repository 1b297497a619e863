import type { FastifyDynamicSwaggerOptions } from "@fastify/swagger";
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from "fastify-type-provider-zod";
import { z } from "zod";
import { componentForm, priceForm } from "../sell/index.ts";
import { invoiceShape } from "./invoices.ts";
import type { Route } from "./route.ts";
import { errorBody, money } from "./shapes.ts";

/*
 * The big shapes of the OpenAPI file, written once under `components`: every resource by the name that its `object` field
 * says, and the parts that many of them share.
 */

/** How `@fastify/swagger` writes routes, and what it adds to the file. */
export function namedSchemas(
  routes: readonly Route[],
): Pick<FastifyDynamicSwaggerOptions, "transform" | "transformObject"> {
  const schemaRegistry = z.registry<{ id?: string | undefined; description?: string | undefined }>();
  const names = new Map<z.core.$ZodType, string>([
    [money, "Money"],
    [errorBody, "Error"],
    [priceForm, "Price"],
    [componentForm, "PriceComponent"],
    [invoiceShape, "Invoice"],
  ]);
  const taken = new Set(names.values());
  for (const shape of shapesOf(routes)) {
    const { description } = z.globalRegistry.get(shape) ?? {};
    const id = names.get(shape) ?? nameOf(shape);
    const isFree = id !== undefined && (names.has(shape) || !taken.has(id)); // a second shape of a name stays where it is
    if (isFree) taken.add(id);
    if (isFree || description !== undefined) schemaRegistry.add(shape, { ...(isFree ? { id } : {}), description });
  }
  schemaRegistry.add(errorBody, { id: "Error" }); // of every route, and named by none
  const transformObject = createJsonSchemaTransformObject({ schemaRegistry });
  return {
    transform: createJsonSchemaTransform({ schemaRegistry }),
    transformObject: (document: Parameters<typeof transformObject>[0]) => withoutUnused(transformObject(document)),
  };
}

/** `invoice_item` becomes `InvoiceItem`; undefined for what is no resource, for pages, and for what describes another shape. */
function nameOf(shape: z.core.$ZodType): string | undefined {
  if (!(shape instanceof z.ZodObject) || shape._zod.parent) return undefined;
  const field: unknown = shape.shape["object"];
  const value = field instanceof z.ZodLiteral ? field.value : undefined;
  if (typeof value !== "string" || value === "list") return undefined;
  return value.replace(/(^|[_.])([a-z])/g, (_, _before: string, letter: string) => letter.toUpperCase());
}

/** Each shape within the routes' schemas once; what is described, or has further checks, beside its description. */
function shapesOf(routes: readonly Route[]): Set<z.core.$ZodType> {
  const seen = new Set<z.core.$ZodType>();
  const waiting: z.core.$ZodType[] = routes.flatMap(({ params, query, body, response }) =>
    [params, query, body, response].filter((shape) => shape !== undefined),
  );
  for (let shape = waiting.pop(); shape; shape = waiting.pop()) {
    if (seen.has(shape)) continue;
    seen.add(shape);
    waiting.push(...(shape._zod.parent ? [shape._zod.parent] : partsOf(shape)));
  }
  return new Set([...seen].reverse());
}

const partsOf = (shape: z.core.$ZodType): z.core.$ZodType[] =>
  Object.entries(shape._zod.def).flatMap(([key, part]: [string, unknown]) => {
    const parts: unknown[] = key === "shape" ? Object.values(part as object) : [part].flat();
    return parts.filter((one) => one instanceof z.core.$ZodType);
  });

interface Document {
  readonly components?: { readonly schemas?: Readonly<Record<string, unknown>> };
}

/** Every shape could be read or written; most are one of both. */
function withoutUnused<D extends object>(document: D): D {
  const { components = {} } = document as Document;
  const schemas = components.schemas ?? {};
  const used = new Set<string>();
  const waiting = [JSON.stringify({ ...document, components: {} })];
  for (let text = waiting.pop(); text !== undefined; text = waiting.pop()) {
    for (const [, id = ""] of text.matchAll(/"#\/components\/schemas\/([A-Za-z]+)"/g)) {
      if (used.has(id)) continue;
      used.add(id);
      waiting.push(JSON.stringify(schemas[id] ?? null));
    }
  }
  const kept = Object.entries(schemas).filter(([id]) => used.has(id));
  kept.sort(([a], [b]) => (a < b ? -1 : 1));
  return { ...document, components: { ...components, schemas: Object.fromEntries(kept) } };
}
