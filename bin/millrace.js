#!/usr/bin/env node
// In a checkout the compiled code may be missing or older than the source: build it first, then run it.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync, utimesSync } from "node:fs";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const main = path.join(root, "dist", "main.js");
const stamp = path.join(root, "dist", ".tsbuildinfo");
const source = path.join(root, "src");

function isStale() {
  if (!existsSync(source)) return false;
  if (!existsSync(main) || !existsSync(stamp)) return true;
  const built = statSync(stamp).mtimeMs;
  return readdirSync(source, { recursive: true })
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts") && !name.includes("testing"))
    .some((name) => statSync(path.join(source, name)).mtimeMs > built);
}

if (isStale()) {
  process.stderr.write("Building Millrace from its source …\n");
  const compiler = path.join(root, "node_modules", "typescript", "bin", "tsc");
  const built = spawnSync(process.execPath, [compiler, "-p", path.join(root, "tsconfig.build.json")], {
    stdio: "inherit",
  });
  if (built.status !== 0) process.exit(built.status ?? 1);
  const now = new Date();
  utimesSync(stamp, now, now); // the compiler leaves it alone when it had nothing to write
}
await import(pathToFileURL(main).href);
