import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Agent, request } from "node:http";

/** The two public doors, and nothing else: the `millrace` command and HTTP on a real socket. */

const command = fileURLToPath(new URL("../../../bin/millrace.js", import.meta.url));

export interface Ended {
  readonly code: number;
  readonly stdout: string;
}

/** Runs one command in its own process. Its progress bars and errors go straight to the terminal. */
export function millrace(folder: string, args: readonly string[], allowed: readonly number[] = [0]): Promise<Ended> {
  const child = spawn(process.execPath, [command, ...args, "--data", folder], {
    stdio: ["ignore", "pipe", process.stderr.isTTY ? "inherit" : "pipe"],
    env: { ...process.env, MILLRACE_LOG_LEVEL: "warn" },
  });
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      if (code !== null && allowed.includes(code)) resolve({ code, stdout });
      else reject(new Error(`millrace ${args.join(" ")} ended with ${code}\n${stdout}${stderr}`));
    });
  });
}

export async function millraceJson<T>(
  folder: string,
  args: readonly string[],
  allowed?: readonly number[],
): Promise<T> {
  return JSON.parse((await millrace(folder, [...args, "--json"], allowed)).stdout) as T;
}

export interface Server {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts `millrace serve` on a free port and waits until it says where it listens. */
export function startServer(folder: string): Promise<Server> {
  const child = spawn(process.execPath, [command, "serve", "--port", "0", "--data", folder], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, MILLRACE_LOG_LEVEL: "warn" },
  });
  process.on("exit", () => child.kill()); // also when the demo stops half way
  let said = "";
  return new Promise((resolve, reject) => {
    const ended = new Promise<void>((done) => child.on("exit", () => done()));
    child.on("exit", (code) => reject(new Error(`millrace serve ended with ${code}\n${said}`)));
    child.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      const url = /on (http:\S+)/.exec(said)?.[1];
      if (!url) return;
      resolve({
        url,
        pid: child.pid ?? 0,
        async stop() {
          child.kill("SIGTERM");
          await ended;
        },
      });
    });
  });
}

const agent = new Agent({ keepAlive: true, maxSockets: 32 });

export interface Reply<T> {
  readonly status: number;
  readonly body: T;
}

/** One HTTP call with keep-alive; any status is an answer. */
export function call<T>(method: "GET" | "POST", url: string, key: string, body?: unknown): Promise<Reply<T>> {
  const payload = body === undefined ? undefined : JSON.stringify(body);
  const headers = {
    authorization: `Bearer ${key}`,
    ...(payload ? { "content-type": "application/json", "content-length": Buffer.byteLength(payload) } : {}),
  };
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, agent, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8");
        resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as T });
      });
    });
    sent.on("error", reject);
    sent.end(payload);
  });
}

export function hangUp(): void {
  agent.destroy();
}

/** Works through `items` with so many calls at once. */
export async function concurrently<T>(
  items: readonly T[],
  at: number,
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) await work(items[index] as T, index);
  };
  await Promise.all(Array.from({ length: at }, worker));
}
