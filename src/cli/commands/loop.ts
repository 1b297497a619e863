import type { Id } from "../../kernel/ids.ts";
import { Refusal } from "../../kernel/errors.ts";
import { getEndpoint } from "../../serve/index.ts";
import { getModel } from "../../models/index.ts";
import { findDataset, findVersion } from "../../data/index.ts";
import {
  type Verdict,
  getTurn,
  getVerdict,
  judge,
  listVerdicts,
  recipeOfChampion,
  renderVerdict,
  setTrigger,
  startTurn,
} from "../../loop/index.ts";
import { runOneJob } from "../../store/index.ts";
import { getRecipe, watchRun } from "../../train/index.ts";
import type { CliApp } from "../app.ts";
import { type Answer, type Command, type Invocation, argument, required, wholeNumber } from "../command.ts";
import { resolveModel } from "../names.ts";
import { startProgress, table } from "../terminal.ts";
import { pageLimit, percent, when } from "../words.ts";
import { drawRun } from "./train.ts";

const notBetterExitCode = 4;

export const loopTurn: Command = {
  name: "loop turn",
  summary: "reviewed examples → version → run → judge → promote, only if proved better",
  args: ["ENDPOINT"],
  options: {
    dataset: { type: "text", help: "the dataset (default: the champion's own)" },
    seed: { type: "text", help: "seed of the run (default 1)" },
    "reviewed-min": { type: "text", value: "N", help: "refuse with fewer reviewed examples (default 1)" },
  },
  example: "millrace loop turn spam-filter",
  async run(invocation) {
    const app = await invocation.world.open();
    const endpoint = argument(invocation, 0, "endpoint's name");
    const turn = await startTurn(app.store, {
      endpoint,
      dataset: await datasetOf(app, endpoint, invocation.text("dataset")),
      recipe: (await recipeOfChampion(app.store, endpoint)) ?? getRecipe("text-classification").recipe,
      seed: wholeNumber(invocation, "seed", { min: 0, max: 2 ** 31 - 1 }) ?? 1,
      reviewedMin: wholeNumber(invocation, "reviewed-min", { min: 1, max: 1e9 }) ?? 1,
      nowMs: app.clock.now(),
    });
    const ended = new AbortController();
    const watching = watchTurn(app, turn.id, invocation, ended.signal);
    const runner = { store: app.store, now: () => app.clock.now(), owner: app.owner, handlers: app.jobHandlers };
    const job = await runOneJob(runner, turn.job, invocation.signal).finally(() => ended.abort());
    await watching;
    const after = await getTurn(app.store, turn.id);
    if (after.state === "failed") throw new Refusal("invalid_data", `The turn failed: ${after.reason}`);
    if (after.state !== "ended") {
      throw new Refusal(
        "unavailable",
        `The turn ${turn.id} is ${after.state}: ${job?.error ?? "another process has it"}.`,
      );
    }
    return receipt(await getVerdict(app.store, after.verdict), `millrace dataset show ${turn.dataset}`);
  },
};

async function datasetOf(app: CliApp, endpoint: string, named: string | undefined): Promise<string> {
  if (named) return (await findDataset(app.store, named)).id;
  const { champion } = await getEndpoint(app.store, endpoint);
  const { lineage } = await getModel(app.store, champion.model);
  if (lineage.datasetVersion) return (await findVersion(app.store, lineage.datasetVersion)).datasetId;
  throw new Refusal("invalid_request", "The champion was not trained here; say which dataset learns.", {
    hint: "Add --dataset NAME",
  });
}

/** Shows the run's bar as soon as the turn has one. */
async function watchTurn(app: CliApp, id: Id<"turn">, { terminal }: Invocation, signal: AbortSignal): Promise<void> {
  if (!terminal.interactive) return;
  const progress = startProgress(terminal, "Turning");
  try {
    for (;;) {
      const turn = await getTurn(app.store, id);
      if (turn.state === "training") {
        await watchRun(app.store, turn.run, { signal, everyMs: 200, onChange: drawRun(progress) });
        return;
      }
      if (signal.aborted || turn.state !== "collecting") return;
      progress.update(0, "reviewed examples become a version");
      await new Promise<void>((resolve) => void setTimeout(resolve, 100));
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    progress.done();
  }
}

export const loopJudge: Command = {
  name: "loop judge",
  summary: "compare a model with an endpoint's champion; promote only if proved better",
  args: ["ENDPOINT", "MODEL"],
  options: {},
  async run(invocation) {
    const { store, clock, threads } = await invocation.world.open();
    const endpoint = argument(invocation, 0, "endpoint's name");
    const candidate = await resolveModel(store, argument(invocation, 1, "model"));
    const verdict = await judge(
      { store, clock, threads },
      { endpoint, candidate, nowMs: clock.now(), signal: invocation.signal },
    );
    return receipt(verdict, `millrace endpoint show ${endpoint}`);
  },
};

function receipt(verdict: Verdict, next: string): Answer {
  return {
    data: verdict,
    text: renderVerdict(verdict),
    next: [next],
    exitCode: verdict.decision === "promote" ? 0 : notBetterExitCode,
  };
}

export const loopTrigger: Command = {
  name: "loop trigger",
  summary: "let the server turn the wheel by itself when enough was reviewed",
  args: ["ENDPOINT"],
  options: {
    reviewed: { type: "text", value: "N", required: true, help: "so many reviewed examples start a turn" },
    dataset: { type: "text", help: "the dataset (default: the champion's own)" },
  },
  async run(invocation) {
    const app = await invocation.world.open();
    const endpoint = argument(invocation, 0, "endpoint's name");
    required(invocation, "reviewed");
    const trigger = await setTrigger(app.store, {
      endpoint,
      dataset: await datasetOf(app, endpoint, invocation.text("dataset")),
      reviewedMin: wholeNumber(invocation, "reviewed", { min: 1, max: 1e9 }) ?? 1,
      recipe: (await recipeOfChampion(app.store, endpoint)) ?? getRecipe("text-classification").recipe,
      nowMs: app.clock.now(),
    });
    return { data: trigger, text: `${endpoint} turns when ${trigger.reviewedMin} reviewed examples are new.\n` };
  },
};

export const verdictList: Command = {
  name: "verdict list",
  summary: "judgements, newest first",
  args: [],
  options: {
    endpoint: { type: "text", help: "only this endpoint" },
    limit: { type: "text", help: "how many (default 20)" },
  },
  async run(invocation) {
    const { store } = await invocation.world.open();
    const verdicts = await listVerdicts(store, { limit: pageLimit(invocation), endpoint: invocation.text("endpoint") });
    const rows = verdicts.map(({ id, endpoint, decision, comparison, createdAtMs }) => [
      when(createdAtMs).slice(0, 10),
      endpoint,
      decision,
      "accuracyA" in comparison ? percent(comparison.difference.value, 2) : comparison.difference.value.toPrecision(3),
      id,
    ]);
    return { data: verdicts, text: table(["day", "endpoint", "decision", "difference", "verdict"], rows) };
  },
};
