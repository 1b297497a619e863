import { open, stat } from "node:fs/promises";
import {
  type ImportProgress,
  type ImportRequest,
  type Kind,
  type Provenance,
  type VersionDiff,
  createDataset,
  diffVersions,
  exportJsonl,
  isForLabelling,
  findExamples,
  findDataset,
  findForImport,
  findVersion,
  forgetExamples,
  formats,
  importFiles,
  kinds,
  listDatasets,
  listVersions,
  parts,
  readReport,
  renderReport,
  targets,
} from "../../data/index.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Id } from "../../kernel/ids.ts";
import { limits } from "../../kernel/limits.ts";
import { listModels } from "../../models/index.ts";
import type { Queries } from "../../store/index.ts";
import type { CliApp } from "../app.ts";
import { type Command, type Invocation, argument, wholeNumber } from "../command.ts";
import { type Progress, startProgress, table } from "../terminal.ts";
import { pageLimit, when } from "../words.ts";

export const datasetImport: Command = {
  name: "dataset import",
  summary: "read a file or folder into a dataset's next version, and say what was dropped and why",
  args: ["PATH"],
  options: {
    name: { type: "text", help: "the dataset (default: the file's name); made if it is new" },
    kind: { type: "text", help: `what the examples of a new dataset are: ${kinds.join(", ")} (default: text)` },
    input: {
      type: "text",
      value: "COLUMN",
      help: "the column with the text or image; text-pairs: with what both texts answer",
    },
    label: { type: "text", value: "COLUMN", help: "the column with the class, or the number to estimate" },
    columns: {
      type: "list",
      value: "COLUMN,…",
      help: "table: the columns to learn from (default: all others); text-pairs: both texts",
    },
    group: { type: "text", value: "COLUMN", help: "table: rows with equal values here stay in one split" },
    target: { type: "text", help: "table: the label is a class (default) or a number" },
    category: { type: "list", value: "COLUMN", help: "table: a column whose numbers are codes, like a postcode" },
    format: {
      type: "text",
      help: "csv (or .tsv), jsonl, parquet, book (.txt), text, mail or image (default: by the name)",
    },
    map: { type: "list", value: "FOLDER=LABEL", help: "the label of a folder, or of a value in the label column" },
    take: { type: "text", value: "N", help: "use only N of the new examples; the rest waits in the pool" },
    seed: { type: "text", help: "seed of splits and of --take (default 1)" },
    test: { type: "text", value: "SHARE", help: "share of the frozen test split of a new dataset (default 20%)" },
    redact: { type: "switch", help: "replace personal data by tokens like [EMAIL] before anything is stored" },
  },
  example: "millrace dataset import reviews.csv --input text --label sentiment",
  async run(invocation) {
    const app = await invocation.world.open();
    const path = argument(invocation, 0, "file or folder");
    const name = invocation.text("name") ?? nameFrom(path);
    const seed = invocation.text("seed") ?? "1";
    const take = wholeNumber(invocation, "take", { min: 1, max: 1e9 });
    await stat(path).catch(() => {
      throw new Refusal("invalid_data", `There is no file or folder ${path}.`, { hint: "Check the path." });
    });
    const progress = startProgress(invocation.terminal, "Importing");
    const kind = oneOf("kind", kinds, invocation.text("kind"));
    await ensureDataset(app, invocation, { name, seed, kind });
    const imported = await importFiles(
      { store: app.store, clock: app.clock },
      {
        path,
        dataset: name,
        redact: invocation.has("redact"),
        signal: invocation.signal,
        onProgress: draw(progress),
        format: oneOf("format", formats, invocation.text("format")),
        labels: parseMap(invocation.list("map")),
        input: invocation.text("input"),
        label: invocation.text("label"),
        ...tableChoice(invocation),
        take: take === undefined ? undefined : { count: take, seed },
      },
    ).finally(() => progress.done());
    const { version, outcome, report } = imported;
    return {
      data: imported,
      text: `${name}@${version.number} ${outcome === "created" ? "is there" : "has this very content already; nothing changed"}.\n\n${renderReport(report)}`,
      next: [isForLabelling(report.data) ? `millrace review queue ${name}` : `millrace run start ${name}`],
    };
  },
};

/** A dataset is made by its first import; a refused first import leaves only an empty name behind, which is reused. */
async function ensureDataset(
  app: CliApp,
  invocation: Invocation,
  { name, seed, kind }: { name: string; seed: string; kind: Kind | undefined },
): Promise<void> {
  if (await findForImport(app.store, { name, kind })) return;
  const share = invocation.text("test");
  const test = share === undefined ? undefined : parseShare(share);
  await createDataset(
    { store: app.store, clock: app.clock },
    { name, seed, kind, ...(test === undefined ? {} : { shares: { validation: 0.1, test } }) },
  );
}

function parseShare(text: string): number {
  const match = /^(\d{1,2}(?:\.\d+)?)%$/.exec(text);
  if (match) return Number(match[1]) / 100;
  throw new Refusal("invalid_request", `--test is a share like 20%, not "${text}".`, { param: "test" });
}

function nameFrom(path: string): string {
  const last = path.replace(/\/+$/, "").split("/").at(-1) ?? path;
  return last.replace(/\.[a-z0-9]+$/i, "").replace(/[^\w.-]+/g, "-") || "data";
}

/** One of a closed list of words, or undefined where the flag was not given. */
function oneOf<T extends string>(flag: string, words: readonly T[], text: string | undefined): T | undefined {
  if (text === undefined) return undefined;
  const word = words.find((candidate) => candidate === text);
  if (word !== undefined) return word;
  throw new Refusal("invalid_request", `A ${flag} is one of ${words.join(", ")}, not "${text}".`, { param: flag });
}

/** What only tables know; a refusal comes from the import when the dataset is none. */
function tableChoice(invocation: Invocation): Pick<ImportRequest, "columns" | "group" | "target" | "categories"> {
  const listed = (flag: string): string[] | undefined => {
    const names = invocation.list(flag).flatMap((text) => text.split(","));
    return names.length === 0 ? undefined : names.map((name) => name.trim()).filter((name) => name !== "");
  };
  return {
    columns: listed("columns"),
    group: invocation.text("group"),
    target: oneOf("target", targets, invocation.text("target")),
    categories: listed("category"),
  };
}

function parseMap(pairs: readonly string[]): Readonly<Record<string, string>> | undefined {
  if (pairs.length === 0) return undefined;
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.lastIndexOf("=");
      if (at > 0 && at < pair.length - 1) return [pair.slice(0, at), pair.slice(at + 1)];
      throw new Refusal("invalid_request", `--map is written FOLDER=LABEL, not "${pair}".`, { param: "map" });
    }),
  );
}

const phaseWords = { learn: "looking at columns", read: "reading", compare: "comparing", write: "writing" } as const;

function draw(progress: Progress): (at: ImportProgress) => void {
  return ({ phase, done, total }) => {
    progress.update(total ? done / total : 0, `${phaseWords[phase]} ${done}${total ? ` of ${total}` : ""}`);
  };
}

export const datasetList: Command = {
  name: "dataset list",
  summary: "datasets, newest first",
  args: [],
  options: { limit: { type: "text", help: "how many (default 20)" } },
  async run(invocation) {
    const { store } = await invocation.world.open();
    const datasets = await listDatasets(store, { limit: pageLimit(invocation) });
    const rows = datasets.map(({ name, kind, latestNumber, createdAtMs, id }) => [
      name,
      kind,
      String(latestNumber),
      when(createdAtMs),
      id,
    ]);
    return { data: datasets, text: table(["dataset", "kind", "versions", "made (UTC)", "id"], rows) };
  },
};

export const datasetShow: Command = {
  name: "dataset show",
  summary: "a version's data report, and the versions before it",
  args: ["DATASET[@N]"],
  options: {},
  async run(invocation) {
    const { store } = await invocation.world.open();
    const version = await findVersion(store, argument(invocation, 0, "dataset"));
    const report = await readReport(store, version.id);
    const versions = await listVersions(store, version.datasetId);
    const rows = versions.map(({ number, counts, note, createdAtMs }) => [
      `@${number}`,
      ...parts.map((part) => String(counts[part])),
      when(createdAtMs),
      note,
    ]);
    return {
      data: { version, report, versions },
      text: `${renderReport(report)}\n${table(["version", ...parts, "made (UTC)", "note"], rows)}`,
    };
  },
};

export const datasetDiff: Command = {
  name: "dataset diff",
  summary: "what changed between two versions",
  args: ["DATASET@N", "DATASET@M"],
  options: {},
  async run(invocation) {
    const { store } = await invocation.world.open();
    const from = await findVersion(store, argument(invocation, 0, "first version"));
    const to = await findVersion(store, argument(invocation, 1, "second version"));
    const diff = await diffVersions(store, from, to);
    const counted = (count: VersionDiff["added"]): string[] => parts.map((part) => String(count[part]));
    const moved = diff.moved.map(
      ({ from: before, to: after, examples }) => `${examples} moved from ${before} to ${after}.\n`,
    );
    return {
      data: diff,
      text: [
        table(
          ["", ...parts],
          [
            ["added", ...counted(diff.added)],
            ["removed", ...counted(diff.removed)],
          ],
        ),
        `\n${diff.relabelled} relabelled.\n`,
        ...moved,
        diff.sameTest ? "The frozen test split is the same.\n" : "The test split grew or changed.\n",
      ].join(""),
    };
  },
};

export const datasetExport: Command = {
  name: "dataset export",
  summary: "write one part of a version as JSON lines",
  args: ["DATASET[@N]", "FILE"],
  options: { part: { type: "text", help: "train (default), validation, test, pool, or all of them" } },
  async run(invocation) {
    const { store } = await invocation.world.open();
    const version = await findVersion(store, argument(invocation, 0, "dataset"));
    const file = argument(invocation, 1, "file");
    const wanted = invocation.text("part") ?? "train";
    const chosen = wanted === "all" ? parts : parts.filter((candidate) => candidate === wanted);
    if (chosen.length === 0) {
      throw new Refusal("invalid_request", `A part is one of ${parts.join(", ")}, or all.`, { param: "part" });
    }
    const out = await open(file, "wx").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "EEXIST") throw new Refusal("conflict", `${file} is there already; it was not touched.`);
      throw new Refusal("invalid_request", `${file} cannot be written: ${error.message}.`);
    });
    try {
      for (const part of chosen) {
        for await (const chunk of exportJsonl(store, version, part)) await out.write(chunk);
      }
    } finally {
      await out.close();
    }
    const examples = chosen.reduce((sum, part) => sum + version.counts[part], 0);
    return { data: { file, examples }, text: `${examples} examples in ${file}\n` };
  },
};

export const datasetFind: Command = {
  name: "dataset find",
  summary: "find a person: every example that contains a text, and the versions it is in",
  args: ["TEXT…"],
  options: { dataset: { type: "text", help: "only this dataset" } },
  example: "millrace dataset find 'someone@example.com'",
  async run(invocation) {
    const { store } = await invocation.world.open();
    const named = invocation.text("dataset");
    const datasetId = named ? (await findDataset(store, named)).id : undefined;
    const found = await findExamples(store, { texts: invocation.args, datasetId, signal: invocation.signal });
    const rows = found.map(({ id, label, input, spans, provenance }) => [
      id,
      label ?? "",
      spans.map(({ since, until, part }) => `${part} @${since}${until ? `-${until - 1}` : "-"}`).join(", "),
      shown(input, provenance),
    ]);
    return {
      data: found,
      text: `${table(["example", "label", "versions", "text"], rows)}\n${found.length} examples.\n`,
      next: ["millrace dataset forget DATASET EXAMPLE…"],
    };
  },
};

export const datasetForget: Command = {
  name: "dataset forget",
  summary: "erase examples from every version for good, and say which models learned from them",
  args: ["DATASET", "EXAMPLE…"],
  options: { note: { type: "text", help: "why, kept with the new version (default: forgotten on request)" } },
  async run(invocation) {
    const { store, clock } = await invocation.world.open();
    const [dataset = "", ...examples] = invocation.args;
    const forgotten = await forgetExamples(
      { store, clock },
      {
        dataset,
        examples: examples.map((id) => id as Id<"example">),
        note: invocation.text("note") ?? "forgotten on request",
      },
    );
    const models = await modelsOfVersions(store, dataset, forgotten.versionNumbers);
    return {
      data: { ...forgotten, models },
      text: [
        `${forgotten.erased} examples erased; ${dataset}@${forgotten.version.number} is without them.\n`,
        models.length === 0
          ? "No model here learned from them.\n"
          : "These models learned from them and should be retrained:\n",
        ...models.map((id) => `  ${id}\n`),
      ].join(""),
      next: [`millrace run start ${dataset}`],
    };
  },
};

/** The start of a text or row; of an image the name of its file. */
function shown(input: string, provenance: Provenance): string {
  const text = input.startsWith("data:image/") ? (provenance.kind === "file" ? provenance.file : "image") : input;
  return text.replace(/\s+/g, " ").slice(0, 40);
}

/** Models whose lineage names one of these versions. */
async function modelsOfVersions(db: Queries, dataset: string, numbers: readonly number[]): Promise<string[]> {
  const versions = new Set<string>();
  for (const number of numbers) versions.add((await findVersion(db, `${dataset}@${number}`)).id);
  const learned: string[] = [];
  let page = await listModels(db, { limit: limits.listMax });
  while (page.length > 0) {
    learned.push(...page.filter(({ lineage }) => versions.has(lineage.datasetVersion ?? "")).map(({ id }) => id));
    const last = page.at(-1);
    page = last ? await listModels(db, { limit: limits.listMax, before: last.id }) : [];
  }
  return learned;
}
