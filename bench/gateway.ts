/**
 * What the gateway adds to an upstream's answer, with key, hold, settlement and durable usage on: a real server process,
 * a stub upstream that answers at once, wrk. On a machine that others use, only the processor time says something.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { millrace, millraceJson, startServer } from "../demo/doors.ts";
import {
  type Door,
  type Flat,
  cpuMicros,
  firstBytes,
  flatOut,
  hangUpLoad,
  memoryMb,
  quantile,
  steadily,
} from "./gateway-load.ts";
import { startPeers } from "./gateway-peers.ts";
import { startStub } from "./gateway-stub.ts";

const messages = [{ role: "user", content: "Why does the mill turn?" }];
const question = { max_tokens: 64, messages };
const chat = JSON.stringify({ ...question, model: "chat" });
const streamedChat = JSON.stringify({ model: "chat", max_tokens: 64, messages, stream: true });

await main();

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      json: { type: "boolean", default: false },
      seconds: { type: "string", default: "10" },
      memory: { type: "string", default: "200000" },
    },
  });
  const folder = mkdtempSync(path.join(tmpdir(), "millrace-bench-"));
  const stub = await startStub();
  try {
    const key = await prepare(folder, stub.url);
    const server = await startServer(folder);
    const through = { url: `${server.url}/v1/chat/completions`, key, body: chat };
    const direct = { ...through, url: `${stub.url}/chat/completions` };
    const figures = await measure(
      { folder, pid: server.pid, through, direct },
      Number(values.seconds),
      Number(values.memory),
    );
    await server.stop();
    const peers = await measurePeers(folder, stub.url, direct, Number(values.seconds));
    hangUpLoad();
    const { healthy } = await millraceJson<{ healthy: boolean }>(folder, ["doctor"]);
    const result = {
      machine: { cores: cpus().length, cpu: cpus()[0]?.model, node: process.version, loadBefore: loadavg()[0] },
      ...figures,
      peers,
      healthy,
    };
    process.stdout.write(values.json ? `${JSON.stringify(result)}\n` : render(figures, peers, healthy));
    if (!healthy) process.exitCode = 1;
  } finally {
    stub.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A route to the stub, sold by tokens. */
async function prepare(folder: string, upstream: string): Promise<string> {
  await millrace(folder, ["init"]);
  await millrace(folder, ["upstream", "create", "stub", "--url", upstream, "--allow-private"]);
  await millrace(folder, ["upstream", "add-model", "stub", "small", "--input", "0.15", "--output", "0.60"]);
  await millrace(folder, ["route", "set", "chat", "stub/small"]);
  await millrace(folder, ["product", "create", "chat-api", "--endpoint", "chat"]);
  const priced = ["--component", "input_tokens=0.0003", "--component", "output_tokens=0.0012"];
  await millrace(folder, ["plan", "create", "plan", "--product", "chat-api", ...priced]);
  await millrace(folder, ["customer", "create", "customer", "--plan", "plan", "--credit", "1000000"]);
  return (await millraceJson<{ secret: string }>(folder, ["key", "create", "customer"])).secret;
}

interface Ways {
  readonly folder: string;
  readonly pid: number;
  readonly through: Door;
  readonly direct: Door;
}

interface Figures {
  readonly stub: Flat;
  readonly flatOut: Flat;
  readonly cpuMicrosPerRequest: number;
  readonly oneConnection: Flat;
  readonly addedP50Ms: number;
  readonly steady: { readonly perSecond: number; readonly p50Ms: number; readonly p99Ms: number };
  readonly addedFirstByteMs: number;
  readonly memoryMb: readonly { readonly requests: number; readonly mb: number }[];
}

async function measure(
  { folder, pid, through, direct }: Ways,
  seconds: number,
  memoryRequests: number,
): Promise<Figures> {
  await flatOut(folder, through, 16, Math.min(seconds, 5)); // warm
  const stub = await flatOut(folder, direct, 16, Math.min(seconds, 5));
  const before = cpuMicros(pid);
  const full = await flatOut(folder, through, 16, seconds);
  const cpuMicrosPerRequest = (cpuMicros(pid) - before) / full.requests;
  const one = await flatOut(folder, through, 1, seconds);
  const bare = await flatOut(folder, direct, 1, Math.min(seconds, 5));
  const rate = 1_000;
  const latencies = await steadily(through, rate, seconds);
  const streamed = (door: Door): Promise<readonly number[]> =>
    firstBytes({ ...door, body: streamedChat }, 50 * seconds);
  const [direct50, through50] = [quantile(await streamed(direct), 0.5), quantile(await streamed(through), 0.5)];
  return {
    stub,
    flatOut: full,
    cpuMicrosPerRequest,
    oneConnection: one,
    addedP50Ms: one.p50Ms - bare.p50Ms,
    steady: { perSecond: rate, p50Ms: quantile(latencies, 0.5), p99Ms: quantile(latencies, 0.99) },
    addedFirstByteMs: through50 - direct50,
    memoryMb: await watchMemory(folder, pid, through, memoryRequests, full.perSecond),
  };
}

interface PeerFigures {
  readonly name: string;
  readonly flatOut: Flat;
  readonly cpuMicrosPerRequest: number;
  readonly addedP50Ms: number;
  readonly addedFirstByteMs: number;
}

/** The same load on other gateways, none of which has keys, holds or records. */
async function measurePeers(folder: string, upstream: string, direct: Door, seconds: number): Promise<PeerFigures[]> {
  const all: PeerFigures[] = [];
  const streamed = (door: Door): Promise<readonly number[]> => {
    const body = JSON.stringify({ ...(JSON.parse(door.body) as object), stream: true });
    return firstBytes({ ...door, body }, 20 * seconds);
  };
  for await (const { name, pid, door } of startPeers(upstream, question)) {
    await flatOut(folder, door, 16, Math.min(seconds, 5)); // warm
    const before = cpuMicros(pid);
    const full = await flatOut(folder, door, 16, seconds);
    const cpuMicrosPerRequest = (cpuMicros(pid) - before) / full.requests;
    const one = await flatOut(folder, door, 1, seconds);
    const bare = await flatOut(folder, direct, 1, Math.min(seconds, 5));
    const [direct50, through50] = [quantile(await streamed(direct), 0.5), quantile(await streamed(door), 0.5)];
    all.push({
      name,
      flatOut: full,
      cpuMicrosPerRequest,
      addedP50Ms: one.p50Ms - bare.p50Ms,
      addedFirstByteMs: through50 - direct50,
    });
  }
  return all;
}

/** Four stretches of the same length: memory that grows with the requests shows as a slope. */
async function watchMemory(folder: string, pid: number, door: Door, requests: number, perSecond: number) {
  const all = [{ requests: 0, mb: memoryMb(pid) }];
  const seconds = Math.max(1, Math.ceil(requests / 4 / perSecond));
  for (let sent = 0; sent < requests;) {
    sent += Math.max(1, (await flatOut(folder, door, 16, seconds)).requests);
    all.push({ requests: sent, mb: memoryMb(pid) });
  }
  return all;
}

function render(figures: Figures, peers: readonly PeerFigures[], healthy: boolean): string {
  const { stub, flatOut: full, oneConnection: one, steady } = figures;
  const flat = (name: string, { connections, perSecond, p50Ms, p99Ms, failed }: Flat): string =>
    `${name.padEnd(34)} ${String(connections).padStart(11)} ${perSecond.toFixed(0).padStart(9)} ${p50Ms.toFixed(2).padStart(8)} ${p99Ms.toFixed(2).padStart(8)}${failed > 0 ? `  ${failed} FAILED` : ""}`;
  const memory = figures.memoryMb.map(({ requests, mb }) => `${mb.toFixed(0)} MB after ${requests}`).join(", ");
  return [
    `${"".padEnd(34)} connections  per sec.   p50 ms   p99 ms`,
    flat("stub upstream, directly", stub),
    flat("through Millrace, durable", full),
    flat("through Millrace, durable", one),
    `processor time: ${figures.cpuMicrosPerRequest.toFixed(0)} microseconds a request, all threads`,
    `added at 1 connection: ${figures.addedP50Ms.toFixed(2)} ms (p50)`,
    `at ${steady.perSecond} requests/s: p50 ${steady.p50Ms.toFixed(2)} ms, p99 ${steady.p99Ms.toFixed(2)} ms`,
    `added to a stream's first byte: ${figures.addedFirstByteMs.toFixed(2)} ms (p50)`,
    `memory: ${memory}`,
    ...peers.map(
      ({ name, flatOut: { perSecond, p50Ms, p99Ms }, cpuMicrosPerRequest, addedP50Ms, addedFirstByteMs }) =>
        `${name}: ${perSecond.toFixed(0)}/s at 16 connections (p50 ${p50Ms.toFixed(1)}, p99 ${p99Ms.toFixed(1)} ms), ${cpuMicrosPerRequest.toFixed(0)} microseconds, adds ${addedP50Ms.toFixed(2)} ms, to a first byte ${addedFirstByteMs.toFixed(2)} ms`,
    ),
    `doctor afterwards: ${healthy ? "healthy" : "NOT healthy"}\n`,
  ].join("\n");
}
