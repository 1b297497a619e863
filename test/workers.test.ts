import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { examine } from "../src/insight/index.ts";
import { systemClock } from "../src/kernel/clock.ts";
import { type TestPostgres, startPostgres } from "../src/store/testing/engines.ts";
import { type Behaviour, chatPieces } from "../src/upstream/testing/stub.ts";
import type { LiveServer } from "./live/process.ts";
import { type Buyer, type LiveShop, hello, openLiveShop } from "./live/shop.ts";

/** A port with two workers behind it: one is killed, all are asked to stop in the middle of a stream, and all are counted. */
const server: TestPostgres | undefined = startPostgres();

/** Processes that it started, and that live. */
function workersOf({ child }: LiveServer): number[] {
  const pids = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8").trim().split(" ").map(Number);
  return pids.filter((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("serve"));
}

/** How many chats all workers together say they answered. */
async function counted({ url }: LiveServer): Promise<number> {
  const text = await (await fetch(`${url}/metrics`, { headers: { connection: "close" } })).text();
  return Number(/^millrace_paid_request_seconds_count\{[^}]*outcome="answered"[^}]*\} (\d+)$/m.exec(text)?.[1] ?? 0);
}

describe.skipIf(!server)("a port with two workers", () => {
  let shop: LiveShop;
  let place: LiveServer;
  let buyer: Buyer;
  let next: Behaviour = hello;
  const folder = mkdtempSync(path.join(tmpdir(), "millrace-workers-"));
  beforeAll(async () => {
    shop = await openLiveShop({ folder, databaseUrl: server?.url }, () => next);
    buyer = await shop.join({});
    place = await shop.start("--workers", "2");
  }, 60_000);
  afterAll(async () => {
    await shop.close();
    server?.stop();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  it("tells the metrics of both, whoever is asked", async () => {
    expect(await shop.ask([buyer], [place], 20)).toEqual(Array(20).fill(200));
    expect(await Promise.all(Array.from({ length: 6 }, () => counted(place)))).toEqual(Array(6).fill(20));
  });

  it("goes on answering when a worker is killed, replaces it, and still counts what that one had counted", async () => {
    const [dead = 0, other] = workersOf(place);
    process.kill(dead, "SIGKILL");
    const statuses = await shop.ask([buyer], [place], 40); // on kept connections: those to the dead one break
    expect(statuses.filter((status) => status !== 200 && status !== 0)).toEqual([]);
    await expect.poll(() => workersOf(place).filter((pid) => pid !== dead).length, { timeout: 20_000 }).toBe(2);
    expect(workersOf(place)).toContain(other);
    expect(await shop.ask([buyer], [place], 20)).toEqual(Array(20).fill(200));
    const answered = 20 + statuses.filter((status) => status === 200).length + 20;
    await expect.poll(() => counted(place)).toBe(answered);
    expect(await shop.recorded(buyer.customer)).toBeGreaterThanOrEqual(answered);
  }, 60_000);

  it("asked to stop in the middle of a stream, gives all of it, and ends with 0", async () => {
    const pieces = chatPieces(["One", "Two", "Three"], { prompt_tokens: 5, completion_tokens: 3 });
    let goOn: () => void = () => {};
    const gate = new Promise<void>((resolve) => (goOn = resolve));
    let at = 0;
    next = {
      kind: "paced",
      async next() {
        if (at === 2) await gate;
        return pieces[at++];
      },
    };
    place.child.stderr?.on("data", (said: Buffer) => {
      if (said.toString().includes("Stopping")) goOn();
    });
    const { status, text } = await openStream(place, buyer, () => place.child.kill("SIGTERM"));
    expect([status, text.includes("Three"), text.endsWith("data: [DONE]\n\n")]).toEqual([200, true, true]);
    expect(await place.ended).toBe(0);
    const problems = (await examine(shop.store, systemClock.now())).flatMap((check) => check.problems);
    expect(problems).toEqual([]);
  }, 60_000);
});

/** `onFirst` once, when the first of it has come. */
function openStream(
  { url }: LiveServer,
  { secret }: Buyer,
  onFirst: () => void,
): Promise<{ readonly status: number; readonly text: string }> {
  const messages = [{ role: "user", content: "hi" }];
  const body = JSON.stringify({ model: "chat", messages, max_tokens: 5, stream: true });
  const headers = { authorization: `Bearer ${secret}`, "content-type": "application/json" };
  return new Promise((resolve, reject) => {
    const sent = request(`${url}/v1/chat/completions`, { method: "POST", headers, agent: false }, (response) => {
      let text = "";
      response.once("data", onFirst);
      response.on("data", (chunk: Buffer) => (text += chunk.toString()));
      response.on("error", reject);
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}
