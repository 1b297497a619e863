import { findDataset, findVersion } from "../../data/index.ts";
import { Refusal } from "../../kernel/errors.ts";
import {
  type Run,
  cancelRun,
  getEvaluation,
  getRecipe,
  getRun,
  listRuns,
  recipeFor,
  recipeJsonSchema,
  recipes,
  renderEvaluation,
  renderRecipe,
  renderRecipes,
  renderRun,
  renderRuns,
  startRun,
  watchRun,
  withFireDrill,
} from "../../train/index.ts";
import type { CliApp } from "../app.ts";
import { type Answer, type Command, type Invocation, argument, wholeNumber } from "../command.ts";
import { type Progress, startProgress } from "../terminal.ts";
import { duration, pageLimit } from "../words.ts";
import { readRecipe } from "./recipe-option.ts";
import { answerOf as answerOfSearch, beginSearch, minutesOf } from "./search.ts";
import { workHere } from "./work-here.ts";

export const recipeList: Command = {
  name: "recipe list",
  summary: "recipes that can be trained",
  args: [],
  options: {},
  run: async () => ({ data: recipes, text: renderRecipes(), next: ["millrace recipe show NAME"] }),
};

export const recipeShow: Command = {
  name: "recipe show",
  summary: "one recipe with every hyperparameter",
  args: ["NAME"],
  options: {
    schema: { type: "switch", help: "print the JSON Schema of such recipes: every field, its limits, its default" },
  },
  async run(invocation) {
    const { recipe } = getRecipe(argument(invocation, 0, "recipe's name"));
    if (invocation.has("schema")) {
      const schema = recipeJsonSchema(recipe);
      return { data: schema, text: `${JSON.stringify(schema, null, 2)}\n` };
    }
    return { data: recipe, text: renderRecipe(recipe) };
  },
};

export const runStart: Command = {
  name: "run start",
  summary: "train a recipe on a dataset's version, evaluate it, write its card",
  args: ["DATASET[@N]"],
  options: {
    recipe: {
      type: "text",
      value: "NAME|FILE|auto",
      help: "auto tries those that fit (default: one that fits)",
    },
    minutes: { type: "text", help: "with --recipe auto: how long to try (default 10)" },
    seed: { type: "text", help: "seed of everything random (default 1)" },
    name: { type: "text", help: "name of the run and of its model" },
    "fire-drill": { type: "switch", help: "shuffle the training labels on purpose, to see that the judge refuses" },
    detach: { type: "switch", help: "leave the work to the server, and return at once" },
  },
  example: "millrace run start mails --recipe auto --minutes 10",
  async run(invocation) {
    const app = await invocation.world.open();
    if (invocation.text("recipe") === "auto") return startChosen(app, invocation);
    const seed = wholeNumber(invocation, "seed", { min: 0, max: 2 ** 31 - 1 }) ?? 1;
    const version = await findVersion(app.store, argument(invocation, 0, "dataset"));
    const dataset = await findDataset(app.store, version.datasetId);
    const chosen = await readRecipe(invocation.text("recipe") ?? recipeFor(dataset));
    const name = invocation.text("name");
    const run = await startRun(app.store, {
      datasetVersion: version.id,
      recipe: invocation.has("fire-drill") ? withFireDrill(chosen) : chosen,
      seed,
      nowMs: app.clock.now(),
      ...(name ? { name } : {}),
    });
    if (invocation.has("detach")) {
      return { data: run, text: renderRun(run), next: [`millrace run watch ${run.id}`] };
    }
    return finished(app, await workOn(app, run, invocation));
  },
};

/** Tries the recipes that fit, then trains the chosen one on the whole training split. */
async function startChosen(app: CliApp, invocation: Invocation): Promise<Answer> {
  if (invocation.has("fire-drill")) {
    throw new Refusal("invalid_request", "A fire drill names its recipe: it cannot be auto.", { param: "recipe" });
  }
  const search = await beginSearch(invocation, { kind: "recipe-choice", ...minutesOf(invocation) }, true);
  const chosen = answerOfSearch(search);
  if (search.state !== "done" || search.run === null) return chosen;
  invocation.terminal.err(`${chosen.text}\n`);
  const { data, ...trained } = await finished(app, await workOn(app, await getRun(app.store, search.run), invocation));
  return { ...trained, data: { search, ...(data as object) } };
}

/** Trains in this process and shows how it goes. Ctrl-C cancels the run. */
function workOn(app: CliApp, run: Run, invocation: Invocation): Promise<Run> {
  const progress = startProgress(invocation.terminal, "Training");
  return workHere(app, invocation, {
    job: run.job,
    progress,
    watch: (options) => watchRun(app.store, run.id, { ...options, onChange: drawRun(progress) }),
    get: () => getRun(app.store, run.id),
    cancel: () => cancelRun(app.store, run.id, app.clock.now()),
  });
}

/** Draws a run's progress on a bar. */
export function drawRun(progress: Progress): (run: Run) => void {
  return (run) => {
    if (run.state !== "training" || !run.progress) return;
    const { phase, epoch, epochs, step, steps, loss, etaMs } = run.progress;
    const within = steps ? step / steps : 0;
    const parts = [
      phase === "training" ? `epoch ${epoch} of ${epochs}` : phase,
      loss === null ? "" : `loss ${loss.toFixed(3)}`,
      etaMs === null ? "" : `${duration(etaMs)} left`,
    ];
    progress.update(
      phase === "evaluating" ? 1 : (Math.max(0, epoch - 1) + within) / epochs,
      parts.filter(Boolean).join("  "),
    );
  };
}

async function finished(app: CliApp, run: Run): Promise<Answer> {
  if (run.state === "cancelled") throw new Refusal("cancelled", `Run ${run.id} was cancelled.`);
  if (run.state === "failed") throw new Refusal("invalid_data", `Run ${run.id} failed: ${run.reason}`);
  if (run.state !== "done") throw new Error(`run ${run.id} stopped in state ${run.state}`);
  const evaluation = await getEvaluation(app.store, run.evaluation);
  return {
    data: { run, evaluation },
    text: `${renderRun(run)}\n${renderEvaluation(evaluation)}`,
    next: [`millrace model show ${run.model}`, `millrace endpoint deploy NAME ${run.model}`],
  };
}

export const runWatch: Command = {
  name: "run watch",
  summary: "follow a run until it ends",
  args: ["RUN"],
  options: {},
  async run(invocation) {
    const app = await invocation.world.open();
    const id = argument(invocation, 0, "run's id");
    const progress = startProgress(invocation.terminal, "Training");
    const run = await watchRun(app.store, id, { signal: invocation.signal, onChange: drawRun(progress) }).finally(() =>
      progress.done(),
    );
    return finished(app, run);
  },
};

export const runList: Command = {
  name: "run list",
  summary: "runs, newest first",
  args: [],
  options: { limit: { type: "text", help: "how many (default 20)" } },
  async run(invocation) {
    const app = await invocation.world.open();
    const runs = await listRuns(app.store, { limit: pageLimit(invocation) });
    return { data: runs, text: renderRuns(runs) };
  },
};

export const runShow: Command = {
  name: "run show",
  summary: "one run with its curves",
  args: ["RUN"],
  options: {},
  async run(invocation) {
    const app = await invocation.world.open();
    const run = await getRun(app.store, argument(invocation, 0, "run's id"));
    return {
      data: run,
      text: renderRun(run),
      ...(run.state === "done" ? { next: [`millrace model show ${run.model}`] } : {}),
    };
  },
};

export const runCancel: Command = {
  name: "run cancel",
  summary: "stop a run; nothing of it is kept but its curves",
  args: ["RUN"],
  options: {},
  async run(invocation) {
    const app = await invocation.world.open();
    const run = await cancelRun(app.store, argument(invocation, 0, "run's id"), app.clock.now());
    return { data: run, text: renderRun(run) };
  },
};
