/**
 * How long the console's pages take over a large folder: a real server, Debian's Chromium, each page opened in a window
 * that has the console's files already. A page is there when it asks for nothing more and has drawn what it got.
 *
 *   npm run bench:console -- [--answers 1000000] [--customers 1000] [--examples 10000] [--keep FOLDER] [--json]
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { type Page, type Request, chromium } from "playwright-core";
import { millraceJson, startServer } from "../demo/doors.ts";
import { type LargeFolder, makeLargeFolder } from "./large-folder.ts";

interface Shown {
  readonly page: string;
  readonly ms: number;
  /** The request that took longest. */
  readonly slowest: string;
  readonly slowestMs: number;
}

const pagesOf = ({ dataset, version, run, model, endpoint, customer }: LargeFolder): readonly string[] => [
  "/",
  "/data",
  `/data/${dataset}`,
  `/data/versions/${version}`,
  "/review",
  "/review/queue",
  "/train",
  `/train/runs/${run}`,
  "/models",
  `/models/${model}`,
  "/endpoints",
  `/endpoints/${endpoint}`,
  "/sell",
  "/sell/plans",
  "/sell/customers",
  `/sell/customers/${customer}`,
  "/sell/invoices",
  "/sell/simulator",
  "/insight",
  "/insight/cohorts",
  "/channels",
  "/settings",
  "/settings/audit",
  "/settings/health",
];

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      answers: { type: "string", default: "1000000" },
      customers: { type: "string", default: "1000" },
      examples: { type: "string", default: "10000" },
      keep: { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  const folder = values.keep ?? mkdtempSync(path.join(tmpdir(), "millrace-console-"));
  const size = {
    answers: Number(values.answers),
    customers: Number(values.customers),
    examples: Number(values.examples),
  };
  try {
    const large = await once(path.join(folder, "large.json"), () => makeLargeFolder(folder, size));
    const shown = await openAll(folder, large, values.json ? process.stderr : process.stdout);
    if (values.json) process.stdout.write(`${JSON.stringify({ ...size, shown })}\n`);
  } finally {
    if (values.keep === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

/** A folder that is kept is made once. */
async function once(file: string, make: () => Promise<LargeFolder>): Promise<LargeFolder> {
  if (!existsSync(file)) writeFileSync(file, JSON.stringify(await make()));
  return JSON.parse(readFileSync(file, "utf8")) as LargeFolder;
}

async function openAll(folder: string, large: LargeFolder, out: NodeJS.WritableStream): Promise<Shown[]> {
  const { url: link } = await millraceJson<{ url: string }>(folder, ["sign-in-link", large.owner]);
  const server = await startServer(folder);
  const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu"],
  });
  try {
    const page = await browser.newPage({ baseURL: server.url, viewport: { width: 1280, height: 860 } });
    await page.goto(`${server.url}${new URL(link).pathname}${new URL(link).hash}`);
    await page.waitForURL(`${server.url}/`);
    const quiet = quietOf(page);
    await quiet();
    const shown: Shown[] = [];
    out.write(head);
    for (const at of pagesOf(large)) {
      await open(page, at, quiet); // its files are here from now on
      const one = await open(page, at, quiet);
      out.write(rowOf(one));
      shown.push(one);
    }
    return shown;
  } finally {
    await browser.close();
    await server.stop();
  }
}

async function open(page: Page, at: string, quiet: () => Promise<void>): Promise<Shown> {
  let [slowest, slowestMs] = ["", 0];
  const note = (request: Request): void => {
    const ms = request.timing().responseEnd;
    if (ms > slowestMs) [slowest, slowestMs] = [new URL(request.url()).pathname, ms];
  };
  page.on("requestfinished", note);
  const began = performance.now();
  await page.goto(at, { waitUntil: "commit" });
  await page.locator("h1").first().waitFor();
  await quiet();
  const ms = performance.now() - began;
  page.off("requestfinished", note);
  return { page: at, ms, slowest, slowestMs };
}

/** Nothing is asked for, for two frames. */
function quietOf(page: Page): () => Promise<void> {
  const asked = new Set<Request>();
  page.on("request", (request) => request.resourceType() === "eventsource" || asked.add(request));
  page.on("requestfinished", (request) => asked.delete(request));
  page.on("requestfailed", (request) => asked.delete(request));
  return async () => {
    for (let frames = 0; frames < 2; frames = asked.size === 0 ? frames + 1 : 0) {
      await page.evaluate("new Promise((resolve) => requestAnimationFrame(resolve))");
    }
  };
}

const head = `${"page".padEnd(44)}      there   slowest request\n`;

const rowOf = ({ page, ms, slowest, slowestMs }: Shown): string =>
  `${page.padEnd(44)} ${ms.toFixed(0).padStart(6)} ms   ${slowestMs.toFixed(0).padStart(6)} ms ${slowest}\n`;

await main();
