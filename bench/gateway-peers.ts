/** Other gateways of npm on the same stub, where they are installed: `npm install --prefix bench/peers`. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import type { Door } from "./gateway-load.ts";

export interface Peer {
  readonly name: string;
  readonly pid: number;
  readonly door: Door;
  stop(): void;
}

interface PeerRule {
  /** Below `bench/peers`. */
  readonly file: string;
  readonly arguments: (port: number, upstream: string) => readonly string[];
  readonly headers?: (upstream: string) => Readonly<Record<string, string>>;
  /** How it calls the stub's model. */
  readonly model: string;
}

const rules: Readonly<Record<string, PeerRule>> = {
  "@portkey-ai/gateway": {
    file: "node_modules/@portkey-ai/gateway/build/start-server.js",
    arguments: (port) => [`--port=${port}`, "--headless"],
    headers: (upstream) => ({ "x-portkey-provider": "openai", "x-portkey-custom-host": upstream }),
    model: "small",
  },
  "@musistudio/llms": {
    file: "llms_server.cjs",
    arguments: (port, upstream) => [String(port), upstream],
    model: "stub,small",
  },
};

const folder = fileURLToPath(new URL("../../../bench/peers/", import.meta.url)); // from dist/tools/bench

/** Those that are installed and answer, one after the other: each is stopped before the next is started. */
export async function* startPeers(upstream: string, chat: object): AsyncGenerator<Peer> {
  for (const [name, rule] of Object.entries(rules)) {
    if (!existsSync(`${folder}node_modules/${name}`)) continue;
    const port = await freePort();
    const child = spawn(process.execPath, [folder + rule.file, ...rule.arguments(port, upstream)], { stdio: "ignore" });
    process.on("exit", () => child.kill());
    const body = JSON.stringify({ ...chat, model: rule.model });
    const url = `http://127.0.0.1:${port}/v1/chat/completions`;
    const door: Door = { url, key: "none", body, headers: rule.headers?.(upstream) ?? {} };
    try {
      await answers(door, child);
      yield { name, pid: child.pid ?? 0, door, stop: () => void child.kill() };
    } finally {
      child.kill();
    }
  }
}

async function answers({ url, body, headers }: Door, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 60; tries++) {
    if (child.exitCode !== null) throw new Error(`the peer at ${url} ended with ${child.exitCode}`);
    await new Promise((resolve) => void setTimeout(resolve, 250));
    const all = { "content-type": "application/json", authorization: "Bearer none", ...headers };
    const answer = await fetch(url, { method: "POST", headers: all, body }).catch(() => undefined);
    if (answer?.ok) return;
  }
  throw new Error(`the peer at ${url} does not answer`);
}

function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = address !== null && typeof address === "object" ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
