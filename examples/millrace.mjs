/** What the examples share: a folder to work in, the `millrace` command on its data, and the package that holds a text. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const folder = path.resolve("millrace-examples");
export const require = createRequire(import.meta.url);

const data = path.join(folder, "data");
const bin = fileURLToPath(new URL("../bin/millrace.js", import.meta.url));

/** What a command prints; what it tells on the way is shown. */
export const millrace = (...args) =>
  execFileSync(process.execPath, [bin, ...args, "--data", data], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });

mkdirSync(folder, { recursive: true });
if (!existsSync(data)) millrace("init");

/** Writes a file into the folder and says where it is. */
export function write(name, text) {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return file;
}

/** One JSON object a line. */
export const jsonLines = (rows) => rows.map((row) => `${JSON.stringify(row)}\n`).join("");

/** The model that was trained last. */
export const newestModel = () => JSON.parse(millrace("model", "list", "--limit", "1", "--json"))[0].id;
