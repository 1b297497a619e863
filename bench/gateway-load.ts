/** Load on one door: by wrk as fast as it answers, at a steady rate, or one stream after the other. */
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import path from "node:path";
import { promisify } from "node:util";

export interface Door {
  readonly url: string;
  readonly key: string;
  readonly body: string;
  /** Beside the usual ones. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Flat {
  readonly connections: number;
  readonly requests: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Answers that were not 2xx. */
  readonly failed: number;
}

/** wrk for so many seconds; its script goes into the folder. */
export async function flatOut(folder: string, door: Door, connections: number, seconds: number): Promise<Flat> {
  const script = path.join(folder, "wrk.lua");
  const more = Object.entries(door.headers ?? {}).map(([name, value]) => `wrk.headers["${name}"] = "${value}"\n`);
  writeFileSync(
    script,
    `wrk.method = "POST"\nwrk.body = ${JSON.stringify(door.body)}\nwrk.headers["Content-Type"] = "application/json"\nwrk.headers["Authorization"] = "Bearer ${door.key}"\n${more.join("")}`,
  );
  const args = ["-t1", `-c${connections}`, `-d${seconds}s`, "--latency", "-s", script, door.url];
  const { stdout } = await promisify(execFile)("wrk", args);
  const number = (pattern: RegExp): number => Number(pattern.exec(stdout)?.[1] ?? 0);
  return {
    connections,
    requests: number(/(\d+) requests in/),
    perSecond: number(/Requests\/sec:\s+([\d.]+)/),
    p50Ms: milliseconds(/^\s+50%\s+(\S+)/m.exec(stdout)?.[1] ?? ""),
    p99Ms: milliseconds(/^\s+99%\s+(\S+)/m.exec(stdout)?.[1] ?? ""),
    failed: number(/Non-2xx or 3xx responses: (\d+)/),
  };
}

function milliseconds(text: string): number {
  const [, value = "0", unit = "ms"] = /^([\d.]+)(us|ms|s)$/.exec(text) ?? [];
  return Number(value) * ({ us: 0.001, ms: 1, s: 1_000 }[unit] ?? 1);
}

const agent = new Agent({ keepAlive: true, maxSockets: 256 });

export const hangUpLoad = (): void => agent.destroy();

interface Timing {
  readonly firstMs: number;
  readonly wholeMs: number;
}

function send({ url, key, body, headers: more }: Door, sentMs = performance.now()): Promise<Timing> {
  const headers = {
    authorization: `Bearer ${key}`,
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
    ...more,
  };
  return new Promise((resolve, reject) => {
    const asked = request(url, { method: "POST", agent, headers }, (response) => {
      let firstMs: number | undefined;
      response.on("data", () => (firstMs ??= performance.now() - sentMs));
      response.on("error", reject);
      response.on("end", () => {
        if (response.statusCode !== 200) reject(new Error(`a call was answered ${response.statusCode}`));
        else resolve({ firstMs: firstMs ?? 0, wholeMs: performance.now() - sentMs });
      });
    });
    asked.on("error", reject);
    asked.end(body);
  });
}

/** At a steady rate, whether it keeps up or not: a latency counts from when the request was due. */
export async function steadily(door: Door, perSecond: number, seconds: number): Promise<readonly number[]> {
  const startMs = performance.now();
  const pending: Promise<Timing>[] = [];
  while (pending.length < perSecond * seconds) {
    const due = Math.floor(((performance.now() - startMs) / 1_000) * perSecond);
    while (pending.length <= due && pending.length < perSecond * seconds) {
      pending.push(send(door, startMs + (pending.length / perSecond) * 1_000));
    }
    await new Promise((resolve) => void setTimeout(resolve, 1));
  }
  return (await Promise.all(pending)).map(({ wholeMs }) => wholeMs);
}

/** One after the other: how long until the first byte. */
export async function firstBytes(door: Door, requests: number): Promise<readonly number[]> {
  const all: number[] = [];
  for (let i = 0; i < requests; i++) all.push((await send(door)).firstMs);
  return all;
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** Processor time of a process with all its threads, in microseconds. */
export function cpuMicros(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10_000; // ticks of 10 ms
}

export function memoryMb(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1_024;
}
