import { writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type TestServer, openTestServer } from "../src/api/testing/server.ts";
import { createDataset, importFiles, readExamples } from "../src/data/index.ts";
import { conservation, examine, isHealthy, renderChecks, renderWheel, wheelReport } from "../src/insight/index.ts";
import { limits } from "../src/kernel/limits.ts";
import { silentLog } from "../src/kernel/log.ts";
import { seededRandom } from "../src/kernel/random.ts";
import {
  getTurn,
  getVerdict,
  judge,
  listVerdicts,
  loopJobs,
  pullTriggers,
  renderVerdict,
  setTrigger,
} from "../src/loop/index.ts";
import { query, runOneJob, sql } from "../src/store/index.ts";
import { describeEachEngine } from "../src/store/testing/engines.ts";
import { getRecipe, getRun, startRun, trainJobs, withFireDrill } from "../src/train/index.ts";

/** One whole turn, in one process: what every arc hands to the next. The steps build on each other. */

const words = Array.from({ length: 240 }, (_, i) => `word${i.toString(36)}`);

/** Texts of six words; even words are praise, odd ones complaint, and each text holds five of its class and one other. */
function generate(count: number): string {
  const random = seededRandom(11);
  const draw = (odd: number): string => words[random.below(120) * 2 + odd] ?? "";
  const lines = Array.from({ length: count }, (_, i) => {
    const odd = i % 2;
    const text = [...Array.from({ length: 5 }, () => draw(odd)), draw(1 - odd)].join(" ");
    return JSON.stringify({ text: `${text} ${i}`, label: odd ? "complaint" : "praise" });
  });
  return lines.join("\n");
}

describeEachEngine("the wheel", (stores) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await openTestServer(stores);
  });
  afterAll(() => server.close());

  const recipe = getRecipe("text-classification").recipe;
  const truth = new Map<string, string>();
  const keys: string[] = [];
  const loop = () => ({ ...server.deps, log: silentLog, owner: "test" });
  const call = async <T>(method: "GET" | "POST", url: string, payload?: object, key?: string): Promise<T> => {
    const headers = key ? { authorization: `Bearer ${key}` } : server.operator;
    const response = await server.app.inject({
      method,
      url,
      headers: { ...headers },
      ...(payload ? { payload } : {}),
    });
    expect(response.statusCode, `${url}: ${response.body}`).toBeLessThan(300);
    return response.json<T>();
  };
  const train = async (dataset: string, damaged = false): Promise<`mdl_${string}`> => {
    const { store, clock } = server.deps;
    const { findVersion } = await import("../src/data/index.ts");
    const run = await startRun(store, {
      datasetVersion: (await findVersion(store, dataset)).id,
      recipe: damaged ? withFireDrill(recipe) : recipe,
      seed: 1,
      nowMs: clock.now(),
    });
    await runOneJob({ store, now: () => clock.now(), owner: "test", handlers: trainJobs(loop()) }, run.job);
    const ended = await getRun(store, run.id);
    if (ended.state !== "done") throw new Error(`the run is ${ended.state}`);
    return ended.model;
  };

  it("data, a first model, an endpoint, and customers of both channels", async () => {
    const { store } = server.deps;
    const file = path.join(store.folder, "texts.jsonl");
    await writeFile(file, generate(1_200));
    await createDataset(server.deps, { name: "texts", seed: "1", shares: { validation: 0.1, test: 0.3 } });
    const take = { count: 60, seed: "1" };
    const { version } = await importFiles(server.deps, {
      dataset: "texts",
      path: file,
      input: "text",
      label: "label",
      take,
    });
    for (const { input, label } of await readExamples(store, version, "pool")) truth.set(input, label ?? "");
    await call("POST", "/admin/v1/endpoints/mood/deploy", { role: "champion", model: await train("texts") });
    const { id: product } = await call<{ id: string }>("POST", "/admin/v1/products", {
      name: "mood",
      endpoint: "mood",
    });
    const { id: plan } = await call<{ id: string }>("POST", "/admin/v1/plans", {
      product,
      name: "plan",
      fee: "9",
      per_thousand: "5",
      free_units: 10,
    });
    const { id: partner } = await call<{ id: string }>("POST", "/admin/v1/partners", {
      name: "Referrer",
      commission_basis_points: 2_000,
    });
    for (const name of ["direct customer", "referred customer"]) {
      const customer = await call<{ id: string }>("POST", "/admin/v1/customers", {
        name,
        terms: { kind: "postpaid", credit_limit: "50" },
        data_use: "improve",
        ...(name.startsWith("referred") ? { partner } : {}),
      });
      await call("POST", `/admin/v1/customers/${customer.id}/subscriptions`, { plan });
      keys.push((await call<{ secret: string }>("POST", `/admin/v1/customers/${customer.id}/keys`, {})).secret);
    }
    expect(new Set(keys).size).toBe(2);
    expect(truth.size).toBeGreaterThan(400);
  });

  it("paid answers, feedback and a reviewer", async () => {
    const answered = new Map<string, string>();
    for (const [i, [input, label]] of [...truth].slice(0, 400).entries()) {
      const key = keys[i % 2];
      const answer = await call<{ id: string; output: { label: string } }>(
        "POST",
        "/v1/predictions",
        { endpoint: "mood", input },
        key,
      );
      answered.set(answer.id, label);
      const right = answer.output.label === label;
      const signal = right ? { kind: "boolean", value: true } : { kind: "correction", label };
      await call("POST", "/v1/feedback", { prediction: answer.id, signal }, key);
    }
    for (;;) {
      const { review } = await call<{ review: { id: string; prediction: string } | null }>(
        "POST",
        "/admin/v1/reviews/next",
        { reviewer: "reviewer" },
      );
      if (!review) break;
      await call("POST", `/admin/v1/reviews/${review.id}/settle`, {
        reviewer: "reviewer",
        label: answered.get(review.prediction),
      });
    }
    expect(answered.size).toBe(400);
  });

  it("a trigger starts one turn, the turn proves a better model, and it is champion", async () => {
    const { store, clock } = server.deps;
    await setTrigger(store, { endpoint: "mood", dataset: "texts", reviewedMin: 500, recipe, nowMs: clock.now() });
    expect(await pullTriggers(store, clock.now())).toEqual([]);
    await setTrigger(store, { endpoint: "mood", dataset: "texts", reviewedMin: 300, recipe, nowMs: clock.now() });
    const [turn, ...others] = await pullTriggers(store, clock.now());
    expect(others).toEqual([]);
    expect(await pullTriggers(store, clock.now())).toEqual([]); // one at a time
    if (!turn) throw new Error("the trigger started nothing");
    await runOneJob({ store, now: () => clock.now(), owner: "test", handlers: loopJobs(loop()) }, turn.job);
    const ended = await getTurn(store, turn.id);
    expect(ended).toMatchObject({ state: "ended", reviewed: 400 });
    const verdict = await getVerdict(store, ended.state === "ended" ? ended.verdict : "");
    expect(verdict).toMatchObject({ decision: "promote", judgedBefore: 0 });
    expect(verdict.comparison.difference.low).toBeGreaterThan(0);
    expect(verdict.touches.customers).toHaveLength(2);
    expect(verdict.touches.partners).toHaveLength(1);
    expect(renderVerdict(verdict)).toMatch(/PROMOTED[\s\S]*2 customers/);
    const endpoint = await call<{ champion: { id: string; model: string } }>("GET", "/admin/v1/endpoints/mood");
    expect(endpoint.champion).toMatchObject({ id: verdict.release, model: verdict.candidate });
    expect(await pullTriggers(store, clock.now())).toEqual([]); // its examples are taken
  });

  it("a damaged candidate is refused, judged once, and roll-back is one call", async () => {
    const { store, clock } = server.deps;
    const candidate = await train("texts", true);
    const first = await judge(loop(), { endpoint: "mood", candidate, nowMs: clock.now() });
    const again = await judge(loop(), { endpoint: "mood", candidate, nowMs: clock.now() });
    expect(first.decision).toBe("keep");
    expect(again.id).toBe(first.id);
    expect(await listVerdicts(store, { limit: 10 })).toHaveLength(2);
    const before = await call<{ champion: { model: string } }>("GET", "/admin/v1/endpoints/mood");
    const back = await call<{ model: string }>("POST", "/admin/v1/endpoints/mood/roll-back", { reason: "drill" });
    expect(back.model).not.toBe(before.champion.model);
  });

  it("the month is billed once, and quality, money and channel join", async () => {
    const { store, clock, gateway } = server.deps;
    server.clock.advance(limits.leaseIdleMs);
    await gateway.tend(); // units that a lease still holds are in flight: such a period is not closed
    const asOf = { as_of_ms: clock.now() + 40 * 86_400_000 };
    const closed = await call<{ issued: string[] }>("POST", "/admin/v1/invoices/close", asOf);
    expect(closed.issued).toHaveLength(2);
    expect((await call<{ issued: string[] }>("POST", "/admin/v1/invoices/close", asOf)).issued).toEqual([]);
    const counts = await conservation(store);
    expect(counts).toEqual({
      predictions: 400,
      usageEvents: 400,
      usageUnits: 400,
      invoicedUnits: 400,
      openUnits: 0,
      holds: true,
    });
    const report = await wheelReport(store, { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER });
    const answering = report.rows
      .filter(({ model }) => model !== null)
      .toSorted((a, b) => Number(a.partner !== null) - Number(b.partner !== null));
    expect(answering.map(({ predictions, accuracy, partnerName }) => [predictions, accuracy?.n, partnerName])).toEqual([
      [200, 200, null],
      [200, 200, "Referrer"],
    ]);
    const sum = (pick: (row: (typeof report.rows)[number]) => bigint): bigint =>
      report.rows.reduce((all, row) => all + pick(row), 0n);
    // each: 9.00 + 190 units at 0.005 = 9.95; the referrer gets 20 % of one
    expect(sum((row) => row.revenueNanos)).toBe(19_900_000_000n);
    expect(sum((row) => row.commissionNanos)).toBe(1_990_000_000n);
    expect(sum((row) => row.marginNanos)).toBe(19_900_000_000n - 1_990_000_000n - sum((row) => row.costNanos));
    expect(
      renderWheel(report)
        .split("\n")
        .every((line) => line.length <= 80),
    ).toBe(true);
  });

  it("doctor is healthy, and sees what somebody did behind the modules' backs", async () => {
    const { store, clock } = server.deps;
    const checks = await examine(store, clock.now());
    expect(renderChecks(checks.filter(({ problemCount }) => problemCount > 0))).toBe("\n");
    expect(isHealthy(checks)).toBe(true);
    await store.perform(query(sql`delete from usage_events where id = (select min(id) from usage_events)`));
    const after = await examine(store, clock.now());
    expect(isHealthy(after)).toBe(false);
    expect(renderChecks(after)).toMatch(/✗ every prediction has its usage event: 1 problems/);
    expect((await conservation(store)).holds).toBe(false);
  });
});
