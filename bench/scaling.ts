/** How the cost of training grows with data and with the model: our own engine, one thread, in this process. */
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import {
  adam,
  classification,
  defineModel,
  dense,
  embedding,
  lstm,
  type Model,
  openStepper,
  systemRuntime,
} from "millrace/tensor";
import { logLogChart, type Series } from "./chart.ts";
import { stopwatch } from "./timing.ts";
import { uniform, uniform01 } from "./workloads.ts";

const factors = [1, 4, 16] as const;
const picture = fileURLToPath(new URL("../../../docs/images/engine-scaling.svg", import.meta.url)); // from dist/tools/bench

interface Grown {
  readonly name: string;
  readonly of: (factor: number) => Promise<number>;
}

const perceptron = (units: number): Model =>
  defineModel("perceptron", (scope) => {
    const hidden = dense(scope, "hidden", scope.input("x", ["batch", 100]), { units, activation: "relu" });
    return { logits: dense(scope, "out", hidden, { units: 2 }) };
  });
const recurrent = (length: number): Model =>
  defineModel("recurrent", (scope) => {
    const words = embedding(scope, "words", scope.input("x", ["batch", length], { type: "int32" }), {
      rows: 10_000,
      width: 16,
    });
    return { logits: dense(scope, "out", lstm(scope, "lstm", words, { units: 64, outputs: "last" }), { units: 2 }) };
  });

const labels = (size: number): Int32Array => Int32Array.from(uniform01(2, size), (u) => Math.floor(u * 2));
const numbers = (size: number) => ({ x: uniform(1, size * 100, 1), labels: labels(size) });
const ids = (size: number, length: number) => ({
  x: Int32Array.from(uniform01(1, size * length), (u) => Math.floor(u * 10_000)),
  labels: labels(size),
});

const grown: readonly Grown[] = [
  {
    name: "examples (MLP)",
    of: (factor) => timeOf(perceptron(500), 32, numbers(32), 100 * factor),
  },
  { name: "batch size (MLP)", of: (factor) => timeOf(perceptron(500), 32 * factor, numbers(32 * factor), 100) },
  { name: "hidden units (MLP)", of: (factor) => timeOf(perceptron(500 * factor), 32, numbers(32), 60) },
  { name: "length (LSTM)", of: (factor) => timeOf(recurrent(32 * factor), 32, ids(32, 32 * factor), 8) },
];

/** Processor seconds for that many steps, which other processes hardly change; the fewest of three times. */
async function timeOf(
  model: Model,
  size: number,
  values: { readonly x: Float32Array | Int32Array; readonly labels: Int32Array },
  steps: number,
): Promise<number> {
  const runtime = systemRuntime();
  const objective = classification({ classes: 2, accuracy: false });
  const stepper = await openStepper({ model, objective, optimizer: adam(), runtime, session: { threads: 1 }, seed: 1 });
  let [done, shortest] = [0, Number.POSITIVE_INFINITY];
  const warmingUp = stopwatch();
  while (warmingUp() < 1_000) await stepper.train({ size, values }, ++done, 1e-3);
  for (let turn = 0; turn < 3; turn++) {
    const before = process.cpuUsage();
    for (let i = 0; i < steps; i++) await stepper.train({ size, values }, ++done, 1e-3);
    const { user, system } = process.cpuUsage(before);
    shortest = Math.min(shortest, user + system);
  }
  await runtime.close();
  return shortest / 1e6;
}

/** Measures, prints, and draws docs/images/engine-scaling.svg. */
export async function scaling(json: boolean): Promise<void> {
  const series: Series[] = [];
  for (const { name, of } of grown) {
    const seconds: number[] = [];
    for (const factor of factors) seconds.push(await of(factor));
    const [first = 1] = seconds;
    series.push({ name, points: factors.map((factor, i) => [factor, (seconds[i] ?? 0) / first] as const) });
    const told = seconds.map((s, i) => `${factors[i]}x ${s.toPrecision(3)} s (${(s / first).toFixed(2)})`);
    if (!json) console.log(`${name.padEnd(28)} ${told.join("   ")}`);
  }
  if (json) console.log(JSON.stringify(series));
  await mkdir(path.dirname(picture), { recursive: true });
  const title = "What training costs as data and model grow";
  await writeFile(picture, logLogChart({ title, x: "how much more", y: "processor time", series }));
  if (!json) console.log(`Drawn: ${picture}`);
}
