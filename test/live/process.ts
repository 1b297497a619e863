import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

/** A process of `millrace serve`. */
export interface LiveServer {
  readonly child: ChildProcess;
  readonly url: string;
  /** With its exit code; null when it was killed. */
  readonly ended: Promise<number | null>;
}

/** Runs one command of the compiled program; answers what it printed. Throws what it complained of. */
export function command(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const child = spawn(process.execPath, [main, ...args], { stdio: ["ignore", "pipe", "pipe"], env });
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.on("close", (code) => (code === 0 ? resolve(out) : reject(new Error(`${args.join(" ")}: ${err}`))));
  });
}

/** Starts a server on a free port, and waits until it says where. */
export function startServer(
  folder: string,
  env: NodeJS.ProcessEnv,
  flags: readonly string[] = [],
): Promise<LiveServer> {
  const args = [main, "serve", "--port", "0", "--data", folder, ...flags];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"], env });
  const ended = new Promise<number | null>((resolve) => child.on("exit", (code) => resolve(code)));
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

/** Of a call with a key and a JSON body. */
export const headersOf = (secret: string, body: string): Record<string, string | number> => ({
  authorization: `Bearer ${secret}`,
  "content-type": "application/json",
  "content-length": Buffer.byteLength(body),
});
