import { findDataset, findVersion } from "../../data/index.ts";
import { Refusal } from "../../kernel/errors.ts";
import { limits } from "../../kernel/limits.ts";
import {
  type Recipe,
  type Search,
  type SearchWanted,
  cancelSearch,
  getSearch,
  listSearches,
  listTrials,
  recipeFor,
  recipeOf,
  renderSearch,
  renderSearches,
  startSearch,
  watchSearch,
} from "../../train/index.ts";
import type { CliApp } from "../app.ts";
import { type Answer, type Command, type Invocation, argument, wholeNumber } from "../command.ts";
import { type Progress, startProgress } from "../terminal.ts";
import { duration, pageLimit } from "../words.ts";
import { readRecipe } from "./recipe-option.ts";
import { workHere } from "./work-here.ts";

const options: Command["options"] = {
  seed: { type: "text", help: "seed of everything random (default 1)" },
  detach: { type: "switch", help: "leave the work to the server, and return at once" },
};
const recipeFlag: Command["options"] = {
  recipe: {
    type: "text",
    value: "NAME|FILE",
    help: "a recipe's name or a JSON file (default: one that fits)",
  },
};
const minutesOption: Command["options"] = {
  minutes: { type: "text", help: "how long to search (default 10)" },
};

export const runCrossValidate: Command = {
  name: "run cross-validate",
  summary: "measure a recipe on folds of the data",
  args: ["DATASET[@N]"],
  options: { ...recipeFlag, folds: { type: "text", help: "how many (default 5)" }, ...options },
  example: "millrace run cross-validate mails --folds 5",
  async run(invocation) {
    const folds = wholeNumber(invocation, "folds", { min: 2, max: limits.searchFoldsMax });
    const recipe = await recipeOption(invocation);
    return perform(invocation, { kind: "cross-validation", recipe, ...(folds ? { folds } : {}) });
  },
};

export const runLearningCurve: Command = {
  name: "run learning-curve",
  summary: "say what more labelled examples would bring",
  args: ["DATASET[@N]"],
  options: { ...recipeFlag, ...options },
  async run(invocation) {
    return perform(invocation, { kind: "learning-curve", recipe: await recipeOption(invocation) });
  },
};

export const runSearch: Command = {
  name: "run search",
  summary: "look for better hyperparameters",
  args: ["DATASET[@N]"],
  options: {
    ...recipeFlag,
    ...minutesOption,
    train: { type: "switch", help: "train the best recipe found, as a run" },
    ...options,
  },
  example: "millrace run search mails --minutes 5 --json > found.json",
  async run(invocation) {
    const recipe = await recipeOption(invocation);
    const wanted: SearchWanted = { kind: "hyperparameters", recipe, ...minutesOf(invocation) };
    return perform(invocation, wanted, invocation.has("train"));
  },
};

export const searchList: Command = {
  name: "search list",
  summary: "searches, newest first",
  args: [],
  options: { limit: { type: "text", help: "how many (default 20)" } },
  async run(invocation) {
    const { store } = await invocation.world.open();
    const searches = await listSearches(store, { limit: pageLimit(invocation) });
    return { data: searches, text: renderSearches(searches) };
  },
};

export const searchShow: Command = {
  name: "search show",
  summary: "one search with what it came to",
  args: ["SEARCH"],
  options: {},
  async run(invocation) {
    const { store } = await invocation.world.open();
    const search = await getSearch(store, argument(invocation, 0, "search's id"));
    return { data: { search, trials: await listTrials(store, search.id) }, text: renderSearch(search) };
  },
};

export const searchWatch: Command = {
  name: "search watch",
  summary: "follow a search until it ends",
  args: ["SEARCH"],
  options: {},
  async run(invocation) {
    const app = await invocation.world.open();
    const progress = startProgress(invocation.terminal, "Searching");
    const options = { signal: invocation.signal, onChange: drawSearch(progress) };
    const id = argument(invocation, 0, "search's id");
    return answerOf(await watchSearch(app.store, id, options).finally(() => progress.done()));
  },
};

export const searchCancel: Command = {
  name: "search cancel",
  summary: "stop a search",
  args: ["SEARCH"],
  options: {},
  async run(invocation) {
    const app = await invocation.world.open();
    const search = await cancelSearch(app.store, argument(invocation, 0, "search's id"), app.clock.now());
    return { data: search, text: renderSearch(search) };
  },
};

/** The recipe that was named, or the one to begin with for this dataset. */
async function recipeOption(invocation: Invocation): Promise<Recipe> {
  const { store } = await invocation.world.open();
  const version = await findVersion(store, argument(invocation, 0, "dataset"));
  return readRecipe(invocation.text("recipe") ?? recipeFor(await findDataset(store, version.datasetId)));
}

export function minutesOf(invocation: Invocation): { readonly minutes?: number } {
  const text = invocation.text("minutes");
  if (text === undefined) return {};
  const minutes = Number(text);
  if (Number.isFinite(minutes)) return { minutes };
  throw new Refusal("invalid_request", `--minutes is a number, not "${text}".`, { param: "minutes" });
}

/** Starts a search and, unless it is left to the server, works on it here. Ctrl-C cancels it. */
export async function beginSearch(invocation: Invocation, wanted: SearchWanted, trains: boolean): Promise<Search> {
  const app = await invocation.world.open();
  const version = await findVersion(app.store, argument(invocation, 0, "dataset"));
  const seed = wholeNumber(invocation, "seed", { min: 0, max: 2 ** 31 - 1 }) ?? 1;
  const runName = invocation.text("name");
  const search = await startSearch(app.store, {
    datasetVersion: version.id,
    wanted,
    seed,
    trains,
    nowMs: app.clock.now(),
    ...(runName ? { runName } : {}),
  });
  return invocation.has("detach") ? search : workOn(app, search, invocation);
}

async function perform(invocation: Invocation, wanted: SearchWanted, trains = false): Promise<Answer> {
  return answerOf(await beginSearch(invocation, wanted, trains));
}

function workOn(app: CliApp, search: Search, invocation: Invocation): Promise<Search> {
  const progress = startProgress(invocation.terminal, "Searching");
  return workHere(app, invocation, {
    job: search.job,
    progress,
    watch: (options) => watchSearch(app.store, search.id, { ...options, onChange: drawSearch(progress) }),
    get: () => getSearch(app.store, search.id),
    cancel: () => cancelSearch(app.store, search.id, app.clock.now()),
  });
}

function drawSearch(progress: Progress): (search: Search) => void {
  return (search) => {
    if (search.state !== "searching" || !search.progress) return;
    const { doing, share, etaMs } = search.progress;
    progress.update(share, [doing, etaMs === null ? "" : `${duration(etaMs)} left`].filter(Boolean).join("  "));
  };
}

/** What a search says when it has ended, or that it goes on elsewhere. */
export function answerOf(search: Search): Answer {
  if (search.state === "cancelled") throw new Refusal("cancelled", `Search ${search.id} was cancelled.`);
  if (search.state === "failed") throw new Refusal("invalid_data", `Search ${search.id} failed: ${search.reason}`);
  const text = renderSearch(search);
  if (search.state !== "done") return { data: search, text, next: [`millrace search watch ${search.id}`] };
  const recipe: Recipe | null = recipeOf(search.outcome);
  return {
    data: { search, recipe },
    text,
    ...(search.run === null ? {} : { next: [`millrace run watch ${search.run}`] }),
  };
}
