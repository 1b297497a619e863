/**
 * TypeScript types of every route, from the OpenAPI file. Named schemas keep their names; other resources are named by
 * their `object` field, so that hovering says a word and not a page.
 */

/** @param {any} openapi @returns {string} the text of `src/api/schema.gen.ts` */
export function typesOf(openapi) {
  const names = namesOf(openapi);
  const routes = [];
  for (const [path, methods] of Object.entries(openapi.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const comment = operation.summary ? `  /** ${operation.summary.replaceAll("*/", "* /")} */\n` : "";
      routes.push(`${comment}  "${method.toUpperCase()} ${path}": {${fieldsOf(operation, names)}};`);
    }
  }
  const schemas = Object.entries(openapi.components?.schemas ?? {});
  const shared = schemas.map(([name, schema]) => `export type ${name} = ${bodyOf(schema, names)};`);
  const named = [...names.values()].map(({ name, schema }) => `export type ${name} = ${objectOf(schema, names)};`);
  return `${["// Made by api-types.js from docs/reference/openapi.json.", ...shared, ...named, `export interface Routes {\n${routes.join("\n")}\n}`].join("\n\n")}\n`;
}

function fieldsOf(operation, names) {
  const inside = (place) => (operation.parameters ?? []).filter((parameter) => parameter.in === place);
  const record = (parameters) =>
    `{ ${parameters.map(({ name, required, schema }) => `"${name}"${required ? "" : "?"}: ${typeOf(schema, names)} | undefined`).join("; ")} }`;
  const params = inside("path");
  const query = inside("query");
  const body = operation.requestBody?.content?.["application/json"]?.schema;
  const bytes = operation.requestBody?.content?.["application/octet-stream"];
  const empty = (schema) => (schema.required ?? []).length === 0;
  const input = [
    params.length > 0 ? `readonly params: ${record(params).replaceAll(" | undefined", "")}` : "",
    query.length > 0 ? `readonly query${query.some(({ required }) => required) ? "" : "?"}: ${record(query)}` : "",
    body ? `readonly body${empty(body) ? "?" : ""}: ${typeOf(body, names)}` : "",
    bytes ? "readonly body: Blob" : "",
  ];
  return ` input: { ${input.filter(Boolean).join("; ")} }; answer: ${typeOf(answerOf(operation), names)} `;
}

function answerOf(operation) {
  const found = Object.entries(operation.responses).find(([status]) => /^2\d\d$/.test(status));
  return found?.[1].content?.["application/json"]?.schema ?? {};
}

/** The shapes that have a name: those with an `object` field of one value, the most used shape of a word first. */
function namesOf(openapi) {
  const counted = new Map();
  let plane = 0;
  const visit = (value) => {
    if (Array.isArray(value)) value.forEach(visit);
    if (value === null || typeof value !== "object" || Array.isArray(value)) return;
    const word = wordOf(value);
    if (word) {
      const key = JSON.stringify(value);
      const seen = counted.get(key) ?? { word, schema: value, weight: plane };
      counted.set(key, { ...seen, weight: seen.weight + 1 });
    }
    Object.values(value).forEach(visit);
  };
  for (const [path, operations] of Object.entries(openapi.paths)) {
    plane = path.startsWith("/v1/") ? 0 : 1000; // the team's words first: the console is theirs
    visit(operations);
  }
  const used = new Map(Object.keys(openapi.components?.schemas ?? {}).map((name) => [name, 1]));
  const names = new Map();
  for (const [key, { word, schema }] of [...counted].sort((a, b) => b[1].weight - a[1].weight)) {
    const n = (used.get(word) ?? 0) + 1;
    used.set(word, n);
    names.set(key, { name: n === 1 ? word : `${word}${n}`, schema });
  }
  return names;
}

/** `"data_version"` to `DataVersion`; lists have no name of their own. */
function wordOf(schema) {
  const field = schema.properties?.object;
  const word = field?.const ?? (field?.enum?.length === 1 ? field.enum[0] : undefined);
  if (schema.type !== "object" || typeof word !== "string" || word === "list") return undefined;
  return word.replace(/(?:^|[^a-zA-Z0-9]+)([a-zA-Z0-9])/g, (_, letter) => letter.toUpperCase());
}

function typeOf(schema, names) {
  if (schema.$ref) return schema.$ref.slice(schema.$ref.lastIndexOf("/") + 1);
  return names.get(JSON.stringify(schema))?.name ?? bodyOf(schema, names);
}

function bodyOf(schema, names) {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const either = schema.anyOf ?? schema.oneOf;
  if (either) return either.map((option) => wrapped(option, names)).join(" | ");
  if (Array.isArray(schema.type)) {
    return schema.type.map((type) => wrapped({ ...schema, type }, names)).join(" | ");
  }
  const simple = { string: "string", integer: "number", number: "number", boolean: "boolean", null: "null" };
  if (schema.type in simple) return simple[schema.type];
  if (schema.type === "array") return `readonly (${schema.items ? typeOf(schema.items, names) : "unknown"})[]`;
  if (schema.type === "object") return objectOf(schema, names);
  return "unknown";
}

const wrapped = (schema, names) => `(${typeOf(schema, names)})`;

function objectOf(schema, names) {
  const required = new Set(schema.required ?? []);
  const fields = Object.entries(schema.properties ?? {}).map(
    ([name, field]) =>
      `readonly "${name}"${required.has(name) ? "" : "?"}: ${typeOf(field, names)}${required.has(name) ? "" : " | undefined"}`,
  );
  if (fields.length > 0) return `{ ${fields.join("; ")} }`;
  const values = schema.additionalProperties;
  return `{ readonly [key: string]: ${values && typeof values === "object" ? typeOf(values, names) : "unknown"} }`;
}
