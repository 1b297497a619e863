/**
 * The wheel turns once, on real mail: data, training, evaluation, release, sale, paid answers, feedback, a better model,
 * invoices, and the proof that nothing was lost. Everything goes through the `millrace` command and HTTP; every figure is
 * measured as it runs.
 */
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { bill } from "./bill.ts";
import { millrace, millraceJson } from "./doors.ts";
import { learn } from "./learn.ts";
import { prepare } from "./prepare.ts";
import { sell } from "./sell.ts";
import { serve } from "./serve.ts";
import { elapsedSeconds, say, shown } from "./story.ts";

const marker = "made-by-millrace-demo";

const { values } = parseArgs({
  options: {
    data: { type: "string", default: "demo-data" },
    seed: { type: "string", default: "1" },
    json: { type: "string" },
  },
});
const folder = path.resolve(values.data);
const seed = Number(values.seed);
if (!Number.isInteger(seed) || seed < 0) fail(`--seed is a whole number, not "${values.seed}".`);
if (existsSync(folder)) {
  if (!existsSync(path.join(folder, marker)))
    fail(`${folder} is there and the demo did not make it. Use --data FOLDER.`);
  rmSync(folder, { recursive: true });
}

say(
  "Millrace turns your own data into a paid AI API that gets better with use. One turn of the wheel, on 5,800 real mails:",
);
try {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, marker), "The demo may delete this folder.\n");
  await millrace(folder, ["init"]);
  const prepared = await prepare(folder, seed);
  const shop = await sell(folder);
  const served = await serve(folder, seed, shop, prepared);
  const learned = await learn(folder, seed, shop, prepared, served);
  const billed = await bill(folder, shop, served);
  if (values.json)
    writeFileSync(
      values.json,
      `${JSON.stringify({ seed, prepared: prepared.figures, ...learned.figures, ...billed, seconds: elapsedSeconds() })}\n`,
    );
  say(
    `\nDone in ${elapsedSeconds().toFixed(0)} s. Everything is in ${path.relative(process.cwd(), folder) || folder}. Now:`,
  );
  const where = path.relative(process.cwd(), folder) || folder;
  const owner = "owner@example.com";
  await millrace(folder, ["user", "create", owner, "--name", "Demo owner", "--role", "owner"]);
  const link = await millraceJson<{ url: string }>(folder, ["sign-in-link", owner, "--minutes", "1440"]);
  shown(
    [
      `MILLRACE_DATA=${where} npm start`,
      "    serve this folder: the console is at / and the API reference at /docs",
      link.url,
      "    then open this in a browser: it signs you in to the console, once, within a day",
      `npx millrace report --data ${where}`,
      "    the wheel report again",
      `npx millrace doctor --data ${where}`,
      "    every promise, checked",
      "npx millrace init && npx millrace dataset import YOUR.csv --input … --label …",
      "    your own data",
    ].join("\n"),
  );
} catch (error) {
  fail((error as Error).message);
}
process.exit(0);

function fail(message: string): never {
  process.stderr.write(`The demo stopped: ${message}\n`);
  process.exit(1);
}
