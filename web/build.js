/**
 * Builds the console into `dist/`, when what it is made of changed since the last build. `--types` stops after the
 * types of the API, which is what a type check needs.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { typesOf } from "./api-types.js";

const here = import.meta.dirname;
const openapi = path.join(here, "../docs/reference/openapi.json");
const generated = path.join(here, "src/api/schema.gen.ts");
const stamp = path.join(here, ".stamp");

const types = typesOf(JSON.parse(readFileSync(openapi, "utf8")));
if (!existsSync(generated) || readFileSync(generated, "utf8") !== types) writeFileSync(generated, types);

if (!process.argv.includes("--types")) {
  const digest = digestOf(["src", "public", "index.html", "vite.config.ts", "package.json"]);
  const built = existsSync(path.join(here, "dist/index.html")) && existsSync(stamp) ? readFileSync(stamp, "utf8") : "";
  if (built !== digest) {
    process.env.NODE_ENV = "production"; // a test run says "test", and React would come with its warnings
    const { build } = await import("vite");
    await build({ root: here, logLevel: "warn" });
    writeFileSync(stamp, digest);
  }
}

/** Of names and contents, whatever their order on disk. */
function digestOf(entries) {
  const hash = createHash("sha256");
  for (const file of entries.flatMap(filesOf).sort()) hash.update(file).update(readFileSync(path.join(here, file)));
  return hash.digest("hex");
}

function filesOf(entry) {
  const full = path.join(here, entry);
  if (!statSync(full).isDirectory()) return [entry];
  return readdirSync(full, { recursive: true, encoding: "utf8" })
    .map((name) => path.join(entry, name))
    .filter((name) => statSync(path.join(here, name)).isFile());
}
