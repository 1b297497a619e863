import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type Agent, request } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { seededRandom } from "../../src/kernel/random.ts";

const main = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

/** A data folder with a trained model that is sold to one customer, used through the command and real server processes. */
export interface LiveMarket {
  readonly folder: string;
  command(...args: string[]): Promise<string>;
  startServer(): Promise<LiveServer>;
  /** Nothing when the connection broke before the answer was whole. */
  predict(agent: Agent, url: string, idempotencyKey: string): Promise<Reply | undefined>;
  remove(): void;
}

export interface LiveServer {
  readonly child: ChildProcess;
  readonly url: string;
  readonly ended: Promise<void>;
}

export interface Reply {
  readonly status: number;
  readonly id: string;
  readonly retryAfter: string | undefined;
  readonly body: string;
}

/** `env` goes to every process: where the database is, for instance. */
export async function openLiveMarket(env: Readonly<Record<string, string>> = {}): Promise<LiveMarket> {
  const folder = mkdtempSync(path.join(tmpdir(), "millrace-live-"));
  const environment = { ...process.env, ...env, MILLRACE_LOG_LEVEL: "error" };
  const command = (...args: string[]) => run([main, ...args, "--data", folder], environment);
  const file = path.join(folder, "reviews.jsonl");
  await command("init");
  writeFileSync(file, reviews().join("\n"));
  await command("dataset", "import", file, "--input", "text", "--label", "label");
  await command("run", "start", "reviews");
  await command("endpoint", "deploy", "reviews", "latest");
  await command("product", "create", "api", "--endpoint", "reviews");
  await command("plan", "create", "plan", "--product", "api", "--per-thousand", "1");
  await command("customer", "create", "customer", "--plan", "plan", "--credit", "1000");
  const { secret } = JSON.parse(await command("key", "create", "customer", "--json")) as { secret: string };
  return {
    folder,
    command,
    startServer: () => start([main, "serve", "--port", "0", "--data", folder], environment),
    predict: (agent, url, idempotencyKey) => predict(agent, url, secret, idempotencyKey),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function reviews(): string[] {
  const random = seededRandom(5);
  const words = { good: ["fine", "great", "lovely"], bad: ["slow", "broken", "rude"] };
  return Array.from({ length: 300 }, (_, i) => {
    const label = i % 2 === 0 ? "good" : "bad";
    const text = Array.from({ length: 6 }, () => words[label][random.below(3)]).join(" ");
    return JSON.stringify({ text: `${text} ${random.below(1e6)}`, label });
  });
}

function run(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"], env });
  let out = "";
  let err = "";
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.on("close", (code) => (code === 0 ? resolve(out) : reject(new Error(`${args.slice(1).join(" ")}: ${err}`))));
  });
}

function start(args: readonly string[], env: NodeJS.ProcessEnv): Promise<LiveServer> {
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"], env });
  const ended = new Promise<void>((resolve) => child.on("exit", () => resolve()));
  let said = "";
  return new Promise((resolve, reject) => {
    child.on("exit", (code) => reject(new Error(`the server ended with ${code}: ${said}`)));
    child.stderr?.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      const url = /on (http:\S+)/.exec(said)?.[1];
      if (url) resolve({ child, url, ended });
    });
  });
}

function predict(agent: Agent, url: string, secret: string, idempotencyKey: string): Promise<Reply | undefined> {
  const body = JSON.stringify({ endpoint: "reviews", input: `lovely and quick ${idempotencyKey}` });
  const headers = {
    authorization: `Bearer ${secret}`,
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
    "idempotency-key": idempotencyKey,
  };
  return new Promise((resolve) => {
    const sent = request(`${url}/v1/predictions`, { method: "POST", agent, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", () => resolve(undefined));
      response.on("close", () => {
        if (!response.complete) return resolve(undefined);
        const body = Buffer.concat(chunks).toString("utf8");
        const { id } = JSON.parse(body) as { id: string };
        resolve({ status: response.statusCode ?? 0, id, retryAfter: response.headers["retry-after"], body });
      });
    });
    sent.on("error", () => resolve(undefined));
    sent.end(body);
  });
}
