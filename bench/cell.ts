/** One cell of the engine's benchmark: our own engine, in this process. */
import {
  adam,
  type Batch,
  classification,
  exportOnnx,
  openSession,
  openStepper,
  type Stepper,
  systemRuntime,
  value,
  type Weight,
} from "millrace/tensor";
import { modelOf, setWeights } from "./models.ts";
import { type Timed, timeSteps } from "./timing.ts";
import { bagsBatch, batchOf, facts, type Workload } from "./workloads.ts";

/** `losses` is training without dropout, whose first losses all engines share; `infer32` is inference of 32 examples. */
export type Mode = "train" | "losses" | "infer1" | "infer32";

export async function measure(workload: Workload, mode: Mode, threads: number, budgetMs: number): Promise<Timed> {
  if (mode === "train" || mode === "losses") return await training(workload, mode, threads, budgetMs);
  if (workload === "bags") throw new Error("the bags' inference is not compared");
  return await inference(workload, Number(mode.slice(5)), threads, budgetMs);
}

async function opened(workload: Workload, mode: Mode, threads: number) {
  const runtime = systemRuntime();
  const { classes, epsilon } = facts[workload];
  const stepper = await openStepper({
    model: modelOf(workload, ...(mode === "losses" ? [0] : [])),
    objective: classification({ classes, accuracy: false }),
    optimizer: adam({ epsilon }),
    runtime,
    session: { threads },
    seed: 1,
  });
  setWeights(stepper.memory, workload);
  return { stepper, runtime };
}

async function training(workload: Workload, mode: Mode, threads: number, budgetMs: number): Promise<Timed> {
  const { stepper, runtime } = await opened(workload, mode, threads);
  const { rate, batches: count } = facts[workload];
  const batches = Array.from({ length: count }, (_, i) => trainingBatch(workload, i));
  const step = async (index: number): Promise<number> => {
    const batch = batches[index % count];
    if (!batch) throw new Error("there are batches");
    return (await stepper.train(batch, index + 1, rate)).loss;
  };
  const timed = await timeSteps(step, budgetMs);
  await runtime.close();
  return timed;
}

export function trainingBatch(workload: Workload, index: number): Batch {
  if (workload === "bags") return bagsBatch(index);
  const { x, labels, size } = batchOf(workload, index);
  return { size, values: { x, labels } };
}

async function inference(workload: Exclude<Workload, "bags">, size: number, threads: number, budgetMs: number) {
  const session = await openSession(await exported(workload, threads), { threads });
  const { x } = batchOf(workload, 0, size);
  const feeds = { x: value(x, [size, ...facts[workload].shape]) };
  const timed = await timeSteps(async () => {
    const { probabilities } = await session.run(feeds);
    return Number(probabilities?.data[0]);
  }, budgetMs);
  await session.release();
  return timed;
}

async function exported(workload: Workload, threads: number): Promise<Uint8Array> {
  const { stepper, runtime } = await opened(workload, "losses", threads);
  const onnx = exportOnnx(modelOf(workload), copied(stepper), { outputs: ["probabilities"] });
  await runtime.close();
  return onnx;
}

const copied = ({ memory }: Stepper): Map<string, Weight> =>
  new Map(
    memory.dense.parameters.map(({ declaration: { name, shape }, value: data }) => [
      name,
      { shape, data: data.slice() },
    ]),
  );
