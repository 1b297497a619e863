import { readFile } from "node:fs/promises";
import { Refusal } from "../../kernel/errors.ts";
import type { Id } from "../../kernel/ids.ts";
import { renderReport } from "../../data/index.ts";
import {
  type ReviewItem,
  countReviews,
  listReviewItems,
  queueExamples,
  settleReview,
  settleReviews,
  versionFromReviews,
} from "../../feedback/index.ts";
import { limits } from "../../kernel/limits.ts";
import { type Command, argument, required, wholeNumber } from "../command.ts";
import { table } from "../terminal.ts";
import { pageLimit, percent } from "../words.ts";

const states = ["open", "claimed", "settled", "skipped"] as const;

export const reviewList: Command = {
  name: "review list",
  summary: "the review queue, the most urgent first",
  args: [],
  options: {
    state: { type: "text", help: "open (default), claimed, settled or skipped" },
    queue: { type: "text", help: "only this endpoint, or dataset:NAME" },
    limit: { type: "text", help: "how many (default 20)" },
  },
  async run(invocation) {
    const { store } = await invocation.world.open();
    const state = states.find((candidate) => candidate === (invocation.text("state") ?? "open"));
    if (!state)
      throw new Refusal("invalid_request", "A state is open, claimed, settled or skipped.", { param: "state" });
    const queue = invocation.text("queue");
    const scope = queue ? { queue } : {};
    const items = await listReviewItems(store, { state, limit: pageLimit(invocation), ...scope });
    const counts = await countReviews(store, scope);
    const summary = Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(", ");
    return {
      data: { counts, items },
      text: `${summary}\n\n${table(["item", "text", "answer", "users say"], items.map(row))}`,
      ...(items.length > 0 && { next: ["millrace review settle ITEM LABEL --reviewer NAME"] }),
    };
  },
};

function row({ id, input, origin, proposals, stance }: ReviewItem): string[] {
  const said = [...new Set(proposals.map(({ label }) => label))].join(", ") || stance;
  const answer = origin.kind === "prediction" ? `${origin.answer.label} ${percent(origin.answer.probability, 0)}` : "–";
  return [id, input.replace(/\s+/g, " ").slice(0, 60), answer, said];
}

export const reviewQueue: Command = {
  name: "review queue",
  summary: "ask reviewers about examples of a dataset, those without a label first of all",
  args: ["DATASET"],
  options: {
    all: { type: "switch", help: "also those with a label, which is then proposed; never those in the frozen test" },
    labels: { type: "list", value: "LABEL,…", help: "what reviewers choose from (default: the labels there are)" },
    count: { type: "text", help: `how many (default ${limits.reviewQueuedMax}, which is the most at once)` },
  },
  example: "millrace review queue reviews --labels name,place",
  async run(invocation) {
    const { store, clock } = await invocation.world.open();
    const version = argument(invocation, 0, "dataset");
    const labels = invocation.list("labels").flatMap((given) => given.split(","));
    const { queue, queued } = await queueExamples(store, {
      version,
      which: invocation.has("all") ? "all" : "unlabelled",
      labels: labels.length > 0 ? labels : undefined,
      count: wholeNumber(invocation, "count", { min: 1, max: limits.reviewQueuedMax }) ?? limits.reviewQueuedMax,
      nowMs: clock.now(),
    });
    return {
      data: { queue, queued },
      text: `${queued} examples wait for review.\n`,
      next: [`millrace review list --queue ${queue}`],
    };
  },
};

export const reviewApply: Command = {
  name: "review apply",
  summary: "make the next version of a dataset from its reviewed examples",
  args: ["DATASET"],
  options: {},
  async run(invocation) {
    const { store, clock } = await invocation.world.open();
    const dataset = argument(invocation, 0, "dataset");
    const changed = await versionFromReviews({ store, clock }, dataset);
    return {
      data: changed,
      text: `${dataset}@${changed.version.number} is there.\n\n${renderReport(changed.report)}`,
      next: [`millrace dataset export ${dataset} labelled.jsonl --part all`],
    };
  },
};

export const reviewSettle: Command = {
  name: "review settle",
  summary: "decide one item's label, or many from a JSONL file of {item, label}",
  args: ["[ITEM]", "[LABEL]"],
  options: {
    reviewer: { type: "text", required: true, help: "who decides" },
    file: { type: "text", value: "FILE", help: 'JSONL, one {"item": …, "label": …} a line' },
  },
  example: "millrace review settle rev_… spam --reviewer team",
  async run(invocation) {
    const { store, clock } = await invocation.world.open();
    const reviewer = required(invocation, "reviewer");
    const file = invocation.text("file");
    if (file) {
      const settled = await settleReviews(store, {
        reviewer,
        decisions: await readDecisions(file),
        nowMs: clock.now(),
      });
      return {
        data: settled,
        text: `${settled.length} items settled by ${reviewer}.\n`,
        next: ["millrace loop turn ENDPOINT"],
      };
    }
    const item = argument(invocation, 0, "item's id") as Id<"review">;
    const label = argument(invocation, 1, "label");
    const settled = await settleReview(store, { item, label, reviewer, nowMs: clock.now() });
    return { data: settled, text: `${settled.id} is ${settled.state}.\n` };
  },
};

async function readDecisions(file: string): Promise<{ item: Id<"review">; label: string }[]> {
  const text = await readFile(file, "utf8").catch(() => {
    throw new Refusal("not_found", `There is no file ${file}.`);
  });
  return text
    .split("\n")
    .map((line, i) => ({ line, number: i + 1 }))
    .filter(({ line }) => line.trim() !== "")
    .map(({ line, number }) => parseDecision(file, line, number));
}

function parseDecision(file: string, line: string, number: number): { item: Id<"review">; label: string } {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new Refusal("invalid_data", `${file}, line ${number} is not JSON.`);
  }
  const { item, label } = (value ?? {}) as { item?: unknown; label?: unknown };
  if (typeof item === "string" && typeof label === "string") return { item: item as Id<"review">, label };
  throw new Refusal("invalid_data", `${file}, line ${number} needs "item" and "label" as text.`);
}
