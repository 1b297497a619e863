/**
 * What a training step costs (forward, backward, Adam): ours at one and two threads, beside tfjs and PyTorch where they
 * are installed, with identical weights and data. Every cell runs in a process of its own, one at a time.
 *   npm run bench:engine              a table
 *   npm run bench:engine -- --json    one JSON object
 * Peers: `npm install --prefix bench/peers` for tfjs; Debian's python3-torch and libopenblas0-openmp for PyTorch.
 */
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import {
  adam,
  classification,
  defineModel,
  dense,
  embeddingBag,
  type Initializer,
  openStepper,
  systemRuntime,
} from "millrace/tensor";
import { type Timed, timeSteps } from "./timing.ts";
import { bags, bagsBatch, glorotLimit, perceptron, perceptronBatch, uniform } from "./workloads.ts";

type Workload = "perceptron" | "bags";
interface Cell {
  readonly engine: string;
  readonly workload: Workload;
  readonly threads: number;
  /** Why it was not measured. */
  readonly skipped?: string;
  readonly timed?: Timed & { readonly version?: string };
}

const titles: { readonly [W in Workload]: string } = {
  perceptron: "model A: MLP 100-500-2, batch 32",
  bags: "embedding bag 262,144 x 16, 16-32-2, 32 bags of 500 to 1,499 features",
};
const run = promisify(execFile);
const peers = fileURLToPath(new URL("../../../bench/peers/", import.meta.url)); // from dist/tools/bench

const fixed = (seed: number, limit: number): Initializer => ({
  name: "fixed",
  draw: (data) => data.set(uniform(seed, data.length, limit)),
});

/** One cell of our own, in this process. */
async function measure(workload: Workload, threads: number, budgetMs: number): Promise<Timed> {
  const { hidden, classes, rate, epsilon } = workload === "perceptron" ? perceptron : bags;
  const model = defineModel(workload, (scope) => {
    const [x, seed, width] =
      workload === "perceptron"
        ? ([scope.input("x", ["batch", perceptron.inputs]), 1, perceptron.inputs] as const)
        : ([embeddingBag(scope, "words", { ...bags, initial: fixed(31, bags.limit) }), 32, bags.width] as const);
    const first = { units: hidden, activation: "relu", initial: fixed(seed, glorotLimit(width, hidden)) } as const;
    const last = { units: classes, initial: fixed(seed + 1, glorotLimit(hidden, classes)) };
    return { logits: dense(scope, "last", dense(scope, "first", x, first), last) };
  });
  const runtime = systemRuntime();
  const stepper = await openStepper({
    model,
    objective: classification({ classes, accuracy: false }),
    optimizer: adam({ epsilon }),
    runtime,
    session: { threads },
    seed: 1,
  });
  const batches =
    workload === "perceptron" ? [0, 1, 2, 3].map(perceptronBatch) : Array.from({ length: 16 }, (_, i) => bagsBatch(i));
  const step = async (index: number): Promise<number> => {
    const batch = batches[index % batches.length];
    if (!batch) throw new Error("there are batches");
    return (await stepper.train(batch, index + 1, rate)).loss;
  };
  const timed = await timeSteps(step, budgetMs);
  await runtime.close();
  return timed;
}

/** OpenBLAS guesses the wrong kernels on some processors, which makes PyTorch up to seven times slower. */
function torchEnvironment(): NodeJS.ProcessEnv {
  const flags = existsSync("/proc/cpuinfo") ? readFileSync("/proc/cpuinfo", "utf8") : "";
  const core = flags.includes("avx512f") ? "SkylakeX" : flags.includes("avx2") ? "Haswell" : undefined;
  const openmp = "/usr/lib/x86_64-linux-gnu/openblas-openmp";
  return {
    ...process.env,
    ...(core ? { OPENBLAS_CORETYPE: core } : {}),
    ...(existsSync(openmp) ? { LD_LIBRARY_PATH: openmp } : {}),
  };
}

async function cell(engine: string, workload: Workload, threads: number, budgetMs: number): Promise<Cell> {
  const numbers = [String(threads), String(budgetMs)];
  const commands: { readonly [engine: string]: () => Promise<{ stdout: string }> } = {
    millrace: () => run(process.execPath, [fileURLToPath(import.meta.url), "--cell", workload, ...numbers]),
    tfjs: () => run(process.execPath, [`${peers}tfjs_steps.mjs`, ...numbers]),
    pytorch: () =>
      run("/usr/bin/python3", [`${peers}torch_steps.py`, workload, ...numbers], { env: torchEnvironment() }),
  };
  try {
    const { stdout } = (await commands[engine]?.()) ?? { stdout: "" };
    return { engine, workload, threads, timed: JSON.parse(stdout) as Timed };
  } catch (error) {
    return { engine, workload, threads, skipped: reasonOf(error) };
  }
}

function reasonOf(error: unknown): string {
  const text = error instanceof Error && "stderr" in error ? String(error.stderr) : String(error);
  if (/Cannot find module|No module named|ENOENT/.test(text)) return "not installed";
  return text.trim().split("\n").at(-1) ?? "failed";
}

function print(cells: readonly Cell[]): void {
  console.log(
    `Training step (forward, backward, Adam), median ms; ${cpus().length} x ${cpus()[0]?.model ?? "processor"}, Node ${process.version}`,
  );
  for (const workload of ["perceptron", "bags"] as const) {
    console.log(`\n${titles[workload]}`);
    console.log(
      ["engine", "threads", "median", "p90", "min", "x ours", "others busy", "first losses"].map(column).join(""),
    );
    for (const { engine, threads, timed, skipped } of cells.filter((c) => c.workload === workload)) {
      const ours = cells.find(
        (c) => c.workload === workload && c.engine === "millrace" && c.threads === threads,
      )?.timed;
      if (!timed) console.log([engine, String(threads), skipped ?? ""].map(column).join(""));
      else {
        const figures = [timed.medianMs, timed.p90Ms, timed.minMs].map((ms) => ms.toFixed(3));
        const ratio = ours ? (timed.medianMs / ours.medianMs).toFixed(2) : "";
        const losses = timed.firstLosses.map((loss) => loss.toFixed(5)).join(" ");
        console.log(
          [engine, String(threads), ...figures, ratio, timed.othersBusy?.toFixed(2) ?? "?", losses]
            .map(column)
            .join(""),
        );
      }
    }
  }
  console.log("\nothers busy: cores that other processes used meanwhile; above about 0.2, run it again.");
}

const column = (text: string, index: number): string =>
  index === 7 ? text : text.padEnd([11, 9, 9, 9, 9, 8, 13, 0][index] ?? 0);

/** Whether every engine begins with the same losses, to five digits. */
function lossesAgree(cells: readonly Cell[], workload: Workload): boolean {
  const all = cells.flatMap((c) => (c.workload === workload && c.timed ? [c.timed.firstLosses] : []));
  const [first = [], ...rest] = all;
  return rest.every((losses) =>
    losses.every((loss, i) => Math.abs(loss - (first[i] ?? Number.NaN)) < 1e-5 * Math.abs(loss)),
  );
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { json: { type: "boolean" }, "budget-ms": { type: "string", default: "3000" } },
  });
  const budgetMs = Number(values["budget-ms"]);
  const cells: Cell[] = [];
  for (const [engine, workload] of [
    ["millrace", "perceptron"],
    ["tfjs", "perceptron"],
    ["pytorch", "perceptron"],
    ["millrace", "bags"],
    ["pytorch", "bags"],
  ] as const) {
    for (const threads of [1, 2]) cells.push(await cell(engine, workload, threads, budgetMs));
  }
  const agree = { perceptron: lossesAgree(cells, "perceptron"), bags: lossesAgree(cells, "bags") };
  if (values.json)
    console.log(
      JSON.stringify({ processor: cpus()[0]?.model, cores: cpus().length, node: process.version, agree, cells }),
    );
  else {
    print(cells);
    console.log(
      `First losses agree to five digits: model A ${agree.perceptron ? "yes" : "NO"}, embedding bag ${agree.bags ? "yes" : "NO"}.`,
    );
  }
  if (!agree.perceptron || !agree.bags) process.exitCode = 1;
}

const [flag, workload, threads, budgetMs] = process.argv.slice(2);
if (flag === "--cell") {
  process.stdout.write(JSON.stringify(await measure(workload as Workload, Number(threads), Number(budgetMs))));
  process.exit(0); // the runtime's own teardown is not part of the measurement
} else await main();
