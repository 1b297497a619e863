/**
 * Predictions a second over HTTP, with durable metering on: a real server process, a real model, one customer, and a
 * client in this process. Beside it, in the same run, what the machine can do at all: a bare node:http server that
 * answers the same bytes and stores nothing.
 */
import { fork } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { cpus, tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { seededRandom } from "millrace";
import { call, concurrently, hangUp, millrace, millraceJson, startServer } from "../demo/doors.ts";

interface Figures {
  readonly connections: number;
  readonly requests: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const requestsAt: Readonly<Record<number, number>> = { 1: 2_000, 16: 10_000 };
const warmUp = 500;

if (process.argv.includes("--bare")) serveBare();
else await main();

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { json: { type: "boolean", default: false } } });
  const folder = mkdtempSync(path.join(tmpdir(), "millrace-bench-"));
  try {
    const key = await prepare(folder);
    const server = await startServer(folder);
    const gateway = await measureAll(`${server.url}/v1/predictions`, key);
    await server.stop();
    const bare = await startBare();
    const limit = await measureAll(bare.url, key);
    bare.stop();
    hangUp();
    const examined = await millraceJson<{ healthy: boolean }>(folder, ["doctor"]);
    const result = {
      machine: { cores: cpus().length, cpu: cpus()[0]?.model, node: process.version },
      gateway,
      bare: limit,
      healthy: examined.healthy,
    };
    process.stdout.write(values.json ? `${JSON.stringify(result)}\n` : render(gateway, limit, examined.healthy));
    if (!examined.healthy) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A small text model on generated sentences, deployed and sold. */
async function prepare(folder: string): Promise<string> {
  const random = seededRandom(1);
  const words = { good: ["fine", "great", "lovely", "quick", "kind"], bad: ["slow", "broken", "rude", "cold", "late"] };
  const rows = Array.from({ length: 1_000 }, (_, i) => {
    const label = i % 2 === 0 ? "good" : "bad";
    const said = Array.from({ length: 8 }, () => words[label][random.below(5)]).join(" ");
    return JSON.stringify({ text: `${said} order ${random.below(1e6)}`, label });
  });
  const file = path.join(folder, "reviews.jsonl");
  await millrace(folder, ["init"]);
  writeFileSync(file, rows.join("\n"));
  await millrace(folder, ["dataset", "import", file, "--input", "text", "--label", "label"]);
  await millrace(folder, ["run", "start", "reviews"]);
  await millrace(folder, ["endpoint", "deploy", "reviews", "latest"]);
  await millrace(folder, ["product", "create", "api", "--endpoint", "reviews"]);
  await millrace(folder, ["plan", "create", "plan", "--product", "api", "--per-thousand", "1"]);
  await millrace(folder, ["customer", "create", "customer", "--plan", "plan", "--credit", "1000000"]);
  return (await millraceJson<{ secret: string }>(folder, ["key", "create", "customer"])).secret;
}

async function measureAll(url: string, key: string): Promise<Figures[]> {
  await measure(url, key, 16, warmUp);
  const figures: Figures[] = [];
  for (const [connections, requests] of Object.entries(requestsAt)) {
    figures.push(await measure(url, key, Number(connections), requests));
  }
  return figures;
}

async function measure(url: string, key: string, connections: number, requests: number): Promise<Figures> {
  const latencies: number[] = [];
  const started = performance.now();
  await concurrently(
    Array.from({ length: requests }, (_, i) => i),
    connections,
    async (i) => {
      const sent = performance.now();
      const { status } = await call("POST", url, key, {
        endpoint: "reviews",
        input: `a quick and kind answer to order ${i}`,
      });
      if (status !== 200) throw new Error(`a call was answered ${status}`);
      latencies.push(performance.now() - sent);
    },
  );
  const seconds = (performance.now() - started) / 1_000;
  latencies.sort((a, b) => a - b);
  const at = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? 0;
  return { connections, requests, perSecond: requests / seconds, p50Ms: at(0.5), p99Ms: at(0.99) };
}

function render(gateway: readonly Figures[], bare: readonly Figures[], healthy: boolean): string {
  const line = (name: string, { connections, perSecond, p50Ms, p99Ms }: Figures): string =>
    `${name.padEnd(34)} ${String(connections).padStart(11)} ${perSecond.toFixed(0).padStart(9)} ${p50Ms.toFixed(2).padStart(8)} ${p99Ms.toFixed(2).padStart(8)}`;
  return [
    `${"".padEnd(34)} connections  per sec.   p50 ms   p99 ms`,
    ...gateway.map((figures) => line("Millrace, durable metering", figures)),
    ...bare.map((figures) => line("bare node:http, nothing stored", figures)),
    `doctor afterwards: ${healthy ? "healthy" : "NOT healthy"}\n`,
  ].join("\n");
}

/** Runs in a process of its own, as the gateway does. */
function serveBare(): void {
  const body = JSON.stringify({ object: "prediction", id: "pred_0", output: { label: "good", probability: 0.99 } });
  const server = createServer((request, response) => {
    request.resume();
    request.on("end", () => response.writeHead(200, { "content-type": "application/json" }).end(body));
  });
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    process.send?.(typeof address === "object" ? `http://127.0.0.1:${address?.port}/` : "");
  });
}

function startBare(): Promise<{ url: string; stop: () => void }> {
  const child = fork(fileURLToPath(import.meta.url), ["--bare"]);
  return new Promise((resolve) => {
    child.on("message", (url: string) => resolve({ url, stop: () => void child.kill() }));
  });
}
