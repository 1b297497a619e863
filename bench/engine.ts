/**
 * What a training step (forward, backward, Adam) and an inference cost: ours at one and two threads, beside PyTorch, tfjs
 * and jax-js where they are installed and can run it, with identical weights and data. Every cell runs in a process of its
 * own, one at a time.
 *   npm run bench:engine                       tables
 *   npm run bench:engine -- --json             one JSON object
 *   npm run bench:engine -- --model A,C100     some models;  --engines millrace,pytorch some engines
 *   npm run bench:engine -- --scaling          how cost grows with data and width, as a picture in docs/images
 *   npm run bench:engine -- --figures          time to the first step; how long a training child delays its server
 * Peers: `npm install --prefix bench/peers` for tfjs and jax-js; Debian's python3-torch and libopenblas0-openmp for PyTorch.
 */
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { measure, type Mode } from "./cell.ts";
import { figures, printFigures } from "./figures.ts";
import { scaling } from "./scaling.ts";
import type { Timed } from "./timing.ts";
import { facts, type Workload, workloadNames } from "./workloads.ts";

const engines = ["millrace", "pytorch", "tfjs", "jax-js"] as const;
type Engine = (typeof engines)[number];

interface Cell {
  readonly engine: Engine;
  readonly workload: Workload;
  readonly mode: Mode;
  readonly threads: number;
  /** Why it was not measured. */
  readonly skipped?: string;
  readonly timed?: Timed & { readonly version?: string };
}

const run = promisify(execFile);
const peers = fileURLToPath(new URL("../../../bench/peers/", import.meta.url)); // from dist/tools/bench

/**
 * OpenBLAS guesses the wrong kernels on some processors, which makes PyTorch up to seven times slower; and memory that goes
 * back to the system after each step costs it twice its time where page faults are dear.
 */
function torchEnvironment(): NodeJS.ProcessEnv {
  const flags = existsSync("/proc/cpuinfo") ? readFileSync("/proc/cpuinfo", "utf8") : "";
  const core = flags.includes("avx512f") ? "SkylakeX" : flags.includes("avx2") ? "Haswell" : undefined;
  const openmp = "/usr/lib/x86_64-linux-gnu/openblas-openmp";
  return {
    ...process.env,
    MALLOC_MMAP_THRESHOLD_: String(2 ** 32),
    MALLOC_TRIM_THRESHOLD_: String(2 ** 33),
    MALLOC_TOP_PAD_: String(2 ** 29),
    ...(core ? { OPENBLAS_CORETYPE: core } : {}),
    ...(existsSync(openmp) ? { LD_LIBRARY_PATH: openmp } : {}),
  };
}

const commands: { readonly [E in Engine]: (numbers: readonly string[]) => Promise<{ stdout: string }> } = {
  millrace: (cell) => run(process.execPath, [fileURLToPath(import.meta.url), "--cell", ...cell]),
  pytorch: (cell) => run("/usr/bin/python3", [`${peers}torch_steps.py`, ...cell], { env: torchEnvironment() }),
  tfjs: (cell) => run(process.execPath, [`${peers}tfjs_steps.mjs`, ...cell]),
  "jax-js": (cell) => run(process.execPath, [`${peers}jax_steps.mjs`, ...cell]),
};

async function measured(
  asked: Pick<Cell, "engine" | "workload" | "mode" | "threads">,
  budgetMs: number,
): Promise<Cell> {
  const { engine, workload, mode, threads } = asked;
  try {
    const { stdout } = await commands[engine]([workload, mode, String(threads), String(budgetMs)]);
    return { ...asked, timed: JSON.parse(stdout) as Timed };
  } catch (error) {
    return { ...asked, skipped: reasonOf(error) };
  }
}

function reasonOf(error: unknown): string {
  const text = error instanceof Error && "stderr" in error ? String(error.stderr) : String(error);
  if (/Cannot find (module|package)|No module named|ENOENT/.test(text)) return "not installed";
  const lines = text.trim().split("\n");
  return (lines.find((line) => /Error: /.test(line)) ?? lines.at(-1) ?? "failed").trim().slice(0, 120);
}

/** Peers in JavaScript have one thread (jax-js) or are measured with the most they use; inference is beside PyTorch only. */
function cellsOf(
  workload: Workload,
  chosen: readonly string[],
): Pick<Cell, "engine" | "workload" | "mode" | "threads">[] {
  const cell = (engine: Engine, mode: Mode, threads: number) => ({ engine, workload, mode, threads });
  const both = ["millrace", "pytorch"] as const;
  const cells = [1, 2].flatMap((threads) => both.map((engine) => cell(engine, "train", threads)));
  if (workload === "D") cells.push(...both.map((engine) => cell(engine, "losses", 1)));
  if (workload !== "bags") {
    cells.push(cell("jax-js", "train", 1), cell("tfjs", "train", 2));
    if (workload === "D") cells.push(cell("jax-js", "losses", 1));
    for (const mode of ["infer1", "infer32"] as const) {
      cells.push(...[1, 2].flatMap((threads) => both.map((engine) => cell(engine, mode, threads))));
    }
  }
  return cells.filter(({ engine }) => chosen.includes(engine));
}

const modeTitles: { readonly [M in Mode]: string } = {
  train: "training step",
  losses: "training step without dropout",
  infer1: "inference, batch 1",
  infer32: "inference, batch 32",
};

function print(cells: readonly Cell[], workload: Workload): void {
  console.log(`\n${workload}: ${facts[workload].title}`);
  for (const mode of Object.keys(modeTitles) as Mode[]) {
    const rows = cells.filter((cell) => cell.mode === mode);
    if (rows.length === 0) continue;
    console.log(`  ${modeTitles[mode]}`);
    const heads = [
      "engine",
      "threads",
      "median ms",
      "p90",
      "fastest",
      "ours / it",
      "peak MB",
      "others",
      "first losses",
    ];
    console.log(line(mode.startsWith("infer") ? heads.slice(0, -1) : heads));
    for (const cell of rows) console.log(line(row(cell, rows)));
  }
}

function row({ engine, threads, mode, timed, skipped }: Cell, beside: readonly Cell[]): string[] {
  if (!timed) return [engine, String(threads), skipped ?? ""];
  const ours = beside.find((cell) => cell.engine === "millrace" && cell.threads === threads)?.timed;
  const ratio = (of: (timed: Timed) => number): string =>
    ours && engine !== "millrace" ? (of(ours) / of(timed)).toFixed(2) : "";
  const times = [timed.medianMs, timed.p90Ms, timed.minMs].map(digits);
  const losses = mode.startsWith("infer") ? "" : timed.firstLosses.map((loss) => loss.toFixed(5)).join(" ");
  return [
    engine,
    String(threads),
    ...times,
    ratio(({ medianMs }) => medianMs),
    digits(timed.cpuMs),
    ratio(({ cpuMs }) => cpuMs),
    timed.peakMb.toFixed(0),
    timed.othersBusy?.toFixed(2) ?? "?",
    losses,
  ];
}

const digits = (ms: number): string => (ms >= 100 ? ms.toFixed(0) : ms.toPrecision(3));
const line = (cells: readonly string[]): string =>
  `    ${cells.map((text, i) => (i >= 10 || cells.length === 3 ? text : text.padEnd([10, 9, 11, 9, 9, 11, 9, 11, 9, 8][i] ?? 0))).join(cells.length === 3 ? " " : "")}`.trimEnd();

/** Whether every engine begins with the same losses, to five digits. */
function lossesAgree(cells: readonly Cell[], workload: Workload): boolean {
  const mode = workload === "D" ? "losses" : "train";
  const all = cells.flatMap((cell) => (cell.mode === mode && cell.timed ? [cell.timed.firstLosses] : []));
  const [first = [], ...rest] = all;
  return rest.every((losses) =>
    // where steps are long, an engine may have done fewer of them
    losses.every((loss, i) => Math.abs(loss - (first[i] ?? loss)) < 1e-5 * Math.abs(loss)),
  );
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      json: { type: "boolean", default: false },
      scaling: { type: "boolean" },
      figures: { type: "boolean" },
      model: { type: "string", default: workloadNames.join() },
      engines: { type: "string", default: engines.join() },
      "budget-ms": { type: "string", default: "3000" },
    },
  });
  if (values.scaling) return await scaling(values.json);
  if (values.figures) {
    const taken = await figures();
    return values.json ? console.log(JSON.stringify(taken)) : printFigures(taken);
  }
  const chosen = workloadNames.filter((workload) => values.model.split(",").includes(workload));
  if (!values.json) {
    const processor = `${cpus().length} x ${cpus()[0]?.model ?? "processor"}`;
    console.log(
      `${processor}, Node ${process.version}. Others: cores that other processes used meanwhile; above 0.2, run it again.`,
    );
  }
  const all: Cell[] = [];
  const agree: { [workload: string]: boolean } = {};
  for (const workload of chosen) {
    const cells: Cell[] = [];
    for (const asked of cellsOf(workload, values.engines.split(","))) {
      cells.push(await measured(asked, Number(values["budget-ms"])));
    }
    agree[workload] = lossesAgree(cells, workload);
    if (!values.json) print(cells, workload);
    if (!values.json) console.log(`  First losses agree to five digits: ${agree[workload] ? "yes" : "NO"}.`);
    all.push(...cells);
  }
  if (values.json) {
    const machine = { processor: cpus()[0]?.model, cores: cpus().length, node: process.version };
    console.log(JSON.stringify({ ...machine, agree, cells: all }));
  }
  if (Object.values(agree).includes(false)) process.exitCode = 1;
}

const [flag, workload, mode, threads, budgetMs] = process.argv.slice(2);
if (flag === "--cell") {
  const timed = await measure(workload as Workload, mode as Mode, Number(threads), Number(budgetMs));
  process.stdout.write(JSON.stringify(timed));
  process.exit(0); // the runtime's own teardown is not part of the measurement
} else await main();
