import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type Agent, request } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { seededRandom } from "../../src/kernel/random.ts";
import { type LiveServer, command, headersOf, startServer } from "./process.ts";

/** A data folder with a trained model that is sold to one customer, used through the command and real server processes. */
export interface LiveMarket {
  readonly folder: string;
  command(...args: string[]): Promise<string>;
  startServer(): Promise<LiveServer>;
  /** Nothing when the connection broke before the answer was whole. */
  predict(agent: Agent, url: string, idempotencyKey: string): Promise<Reply | undefined>;
  remove(): void;
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
  const say = (...args: string[]) => command([...args, "--data", folder], environment);
  const file = path.join(folder, "reviews.jsonl");
  await say("init");
  writeFileSync(file, reviews().join("\n"));
  await say("dataset", "import", file, "--input", "text", "--label", "label");
  await say("run", "start", "reviews");
  await say("endpoint", "deploy", "reviews", "latest");
  await say("product", "create", "api", "--endpoint", "reviews");
  await say("plan", "create", "plan", "--product", "api", "--per-thousand", "1");
  await say("customer", "create", "customer", "--plan", "plan", "--credit", "1000");
  const { secret } = JSON.parse(await say("key", "create", "customer", "--json")) as { secret: string };
  return {
    folder,
    command: say,
    startServer: () => startServer(folder, environment),
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

function predict(agent: Agent, url: string, secret: string, idempotencyKey: string): Promise<Reply | undefined> {
  const body = JSON.stringify({ endpoint: "reviews", input: `lovely and quick ${idempotencyKey}` });
  const headers = { ...headersOf(secret, body), "idempotency-key": idempotencyKey };
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
