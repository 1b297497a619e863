/**
 * The thread that owns the only writing connection. Units that wait together are committed together (one fsync for
 * all, each in its own savepoint), and nobody is answered before that commit is durable.
 */
import { parentPort, workerData } from "node:worker_threads";
import { invariant, must } from "../kernel/errors.ts";
import { pack } from "./failures.ts";
import { openConnection } from "./sqlite-connection.ts";
import { openLog } from "./sqlite-log.ts";
import type { Answer, Request } from "./sqlite-messages.ts";
import { type Steps, driveSync } from "./steps.ts";

type Grouped = Extract<Request, { kind: "unit" | "statement" }>;

const groupMax = 256;
const port = must(parentPort, "the writer runs in a worker thread");
const { file } = workerData as { file: string };
const connection = openConnection(file, "write");
const log = openLog(file, connection);
const units = new Map<string, (input: unknown) => Steps<unknown>>();
const waiting: Request[] = [];
let interactive = false;
let draining = false;
let isRelaxed = false;

port.on("message", (request: Request) => {
  if (request.kind === "within" || request.kind === "commit" || request.kind === "rollback") {
    answerInteractive(request);
  } else {
    waiting.push(request);
  }
  void drain();
});

async function drain(): Promise<void> {
  if (draining) return;
  draining = true;
  while (waiting.length > 0 && !interactive) {
    const first = must(waiting[0], "a request waits");
    if (first.kind === "begin") {
      waiting.shift();
      interactive = beginInteractive(first.id);
    } else if (first.kind === "close") {
      waiting.shift();
      await log.close();
      connection.close();
      port.postMessage({ id: first.id, ok: true, value: undefined } satisfies Answer);
      port.close();
      return;
    } else {
      await loadUnits();
      commitGroup(takeGroup());
      await new Promise<void>((resolve) => void setImmediate(resolve)); // let the next messages in: they form the next group
    }
  }
  draining = false;
}

function takeGroup(): Grouped[] {
  const group: Grouped[] = [];
  while (group.length < groupMax) {
    const next = waiting[0];
    if (!next || (next.kind !== "unit" && next.kind !== "statement")) break;
    if (next.kind === "unit" && !units.has(unitKey(next))) break;
    group.push(next);
    waiting.shift();
  }
  return group;
}

const unitKey = (request: { module: string; name: string }): string => `${request.module}#${request.name}`;

async function loadUnits(): Promise<void> {
  for (const request of waiting.slice(0, groupMax)) {
    if (request.kind !== "unit" || units.has(unitKey(request))) continue;
    units.set(unitKey(request), await loadUnit(request.module, request.name));
  }
}

async function loadUnit(module: string, name: string): Promise<(input: unknown) => Steps<unknown>> {
  try {
    const loaded = (await import(module)) as Record<string, { steps?: (input: unknown) => Steps<unknown> } | undefined>;
    const steps = loaded[name]?.steps;
    if (steps) return steps;
    throw new Error(`${module} exports no unit named "${name}"`);
  } catch (error) {
    return () => {
      throw error; // refuses this unit; the others go on
    };
  }
}

/**
 * Most groups hold no refusal, so they run without savepoints (a fifth of a short unit's time). When one unit throws, the
 * group is rolled back and runs again with each unit in its own savepoint.
 */
function commitGroup(group: readonly Grouped[]): void {
  if (group.length === 0) return;
  setDurability(group.every((request) => request.kind === "unit" && request.durability === "relaxed"));
  for (const answer of commitTogether(group) ?? commitApart(group)) port.postMessage(answer);
  log.committed();
}

/** In WAL mode `normal` leaves a commit to the operating system; the next `full` commit takes it along to the disk. */
function setDurability(relaxed: boolean): void {
  if (relaxed === isRelaxed) return;
  connection.script(relaxed ? "pragma synchronous = normal" : "pragma synchronous = full");
  isRelaxed = relaxed;
}

function commitTogether(group: readonly Grouped[]): Answer[] | undefined {
  try {
    connection.execute("begin immediate", []);
    const answers = group.map((request): Answer => ({
      id: request.id,
      ok: true,
      value: runOne(request),
    }));
    connection.execute("commit", []);
    return answers;
  } catch {
    rollBackQuietly();
    return undefined;
  }
}

function commitApart(group: readonly Grouped[]): Answer[] {
  const answers: Answer[] = [];
  try {
    connection.execute("begin immediate", []);
    for (const request of group) answers.push(runInSavepoint(request));
    connection.execute("commit", []);
    return answers;
  } catch (error) {
    rollBackQuietly();
    const packed = pack(error);
    return group.map(({ id }) => ({ id, ok: false, error: packed }));
  }
}

function runOne(request: Grouped): unknown {
  return request.kind === "unit" ? runUnit(request) : connection.execute(request.sql, request.params);
}

function runInSavepoint(request: Grouped): Answer {
  connection.execute("savepoint one", []);
  try {
    const value = runOne(request);
    connection.execute("release one", []);
    return { id: request.id, ok: true, value };
  } catch (error) {
    connection.execute("rollback to one", []);
    connection.execute("release one", []);
    return { id: request.id, ok: false, error: pack(error) };
  }
}

function runUnit(request: Extract<Grouped, { kind: "unit" }>): unknown {
  const steps = must(units.get(unitKey(request)), "the unit is loaded");
  return driveSync(steps(request.input), connection.rowsOf);
}

function beginInteractive(id: number): boolean {
  setDurability(false);
  try {
    connection.execute("begin immediate", []);
  } catch (error) {
    port.postMessage({ id, ok: false, error: pack(error) } satisfies Answer);
    return false;
  }
  port.postMessage({ id, ok: true, value: undefined } satisfies Answer);
  return true;
}

function answerInteractive(request: Extract<Request, { kind: "within" | "commit" | "rollback" }>): void {
  invariant(interactive, "a transaction is open");
  try {
    const value =
      request.kind === "within"
        ? connection.execute(request.sql, request.params)
        : connection.execute(request.kind, []);
    if (request.kind !== "within") interactive = false;
    port.postMessage({ id: request.id, ok: true, value } satisfies Answer);
    if (request.kind === "commit") log.committed();
  } catch (error) {
    if (request.kind !== "within") {
      rollBackQuietly();
      interactive = false;
    }
    port.postMessage({ id: request.id, ok: false, error: pack(error) } satisfies Answer);
  }
}

function rollBackQuietly(): void {
  try {
    connection.execute("rollback", []);
  } catch {
    // SQLite had already rolled back by itself
  }
}
