import { parseArgs } from "node:util";
import { Refusal } from "../kernel/errors.ts";
import type { CliApp, World } from "./app.ts";
import type { Answer, Command, Invocation } from "./command.ts";
import { commandHelp, overview } from "./help.ts";
import { type Terminal, styled } from "./terminal.ts";

export interface CliDeps {
  readonly terminal: Terminal;
  readonly commands: readonly Command[];
  /** The data folder a command works in, named by `--data` or by default. */
  world(dataFolder: string | undefined): World;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  readonly version: string;
}

const bugExitCode = 70;
const interruptedExitCode = 130;

/** Runs one command line and gives its exit code. */
export async function runCli(argv: readonly string[], deps: CliDeps): Promise<number> {
  const { terminal } = deps;
  try {
    return await dispatch(argv, deps);
  } catch (error) {
    if (deps.signal.aborted) {
      terminal.err("Interrupted. Nothing half done was kept.\n");
      return interruptedExitCode;
    }
    if (error instanceof Refusal) {
      terminal.err(`${styled(terminal, "red", "Error:")} ${error.message}\n`);
      if (error.details.hint) terminal.err(`${error.details.hint}\n`);
      return error.exitCode;
    }
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    terminal.err(`This is a bug in Millrace; please report it with the lines below.\n${text}\n`);
    return bugExitCode;
  }
}

async function dispatch(argv: readonly string[], deps: CliDeps): Promise<number> {
  const { terminal, commands } = deps;
  const [first] = argv;
  if (first === "--version" || first === "version") return print(terminal, `${deps.version}\n`);
  const found = findCommand(argv, commands);
  if (!found) {
    const words = wordsOf(argv);
    const wanted = words.slice(0, 2).join(" ");
    if (wanted === "" || wanted === "help") return print(terminal, overview(commands));
    const group = commands.filter((command) => command.name.startsWith(`${first} `));
    if (group.length > 0 && words.length === 1) {
      return print(terminal, overview(group));
    }
    throw new Refusal("invalid_request", `There is no command "${wanted}".`, { hint: suggest(wanted, commands) });
  }
  const { command, rest } = found;
  if (rest.includes("--help") || rest.includes("-h")) return print(terminal, commandHelp(command));
  const { values, positionals } = parse(command, rest);
  const world = deps.world(values["data"] as string | undefined);
  let app: Promise<CliApp> | undefined;
  const once = (): Promise<CliApp> => (app ??= world.open());
  try {
    const answer = await command.run(invocation(deps, { ...world, open: once }, values, positionals));
    return report(terminal, answer, values["json"] === true);
  } finally {
    await app?.then(
      (opened) => opened.close(),
      () => undefined, // it never opened, and the command said why
    );
  }
}

/** What comes before the first flag. */
function wordsOf(argv: readonly string[]): readonly string[] {
  const flag = argv.findIndex((word) => word.startsWith("-"));
  return flag === -1 ? argv : argv.slice(0, flag);
}

function findCommand(
  argv: readonly string[],
  commands: readonly Command[],
): { command: Command; rest: string[] } | undefined {
  for (const words of [2, 1]) {
    const name = argv.slice(0, words).join(" ");
    const command = commands.find((candidate) => candidate.name === name);
    if (command) return { command, rest: argv.slice(words) };
  }
  return undefined;
}

function parse(command: Command, rest: readonly string[]): { values: Record<string, unknown>; positionals: string[] } {
  const options: Record<string, { type: "string" | "boolean"; multiple?: boolean }> = {
    data: { type: "string" },
    json: { type: "boolean" },
  };
  for (const [name, spec] of Object.entries(command.options)) {
    options[name] = { type: spec.type === "switch" ? "boolean" : "string", multiple: spec.type === "list" };
  }
  let parsed: { values: Record<string, unknown>; positionals: string[] };
  try {
    parsed = parseArgs({ args: [...rest], options, allowPositionals: true, strict: true });
  } catch (error) {
    const message = (error as Error).message.split(". To specify")[0] ?? "";
    throw new Refusal("invalid_request", `${message.replace(/\.$/, "")}.`, {
      hint: `See: millrace ${command.name} --help`,
    });
  }
  checkCount(command, parsed.positionals.length);
  for (const [name, spec] of Object.entries(command.options)) {
    if (spec.required && parsed.values[name] === undefined) {
      throw new Refusal("invalid_request", `--${name} is missing.`, {
        param: name,
        hint: `See: millrace ${command.name} --help`,
      });
    }
  }
  return parsed;
}

function checkCount(command: Command, given: number): void {
  const least = command.args.filter((arg) => !arg.startsWith("[")).length;
  const most = command.args.some((arg) => arg.includes("…")) ? Number.POSITIVE_INFINITY : command.args.length;
  if (given >= least && given <= most) return;
  const how = command.args.length === 0 ? "takes no arguments" : `takes ${command.args.join(" ")}`;
  throw new Refusal("invalid_request", `"millrace ${command.name}" ${how}.`, {
    hint: `See: millrace ${command.name} --help`,
  });
}

function invocation(deps: CliDeps, world: World, values: Record<string, unknown>, args: readonly string[]): Invocation {
  return {
    world,
    args,
    terminal: deps.terminal,
    signal: deps.signal,
    text: (name) => values[name] as string | undefined,
    list: (name) => (values[name] as string[] | undefined) ?? [],
    has: (name) => values[name] === true,
  };
}

function report(terminal: Terminal, answer: Answer, json: boolean): number {
  if (json) {
    terminal.out(
      `${JSON.stringify(answer.data, (_key, value: unknown) => (typeof value === "bigint" ? value.toString() : value), 2)}\n`,
    );
  } else {
    terminal.out(answer.text.endsWith("\n") || answer.text === "" ? answer.text : `${answer.text}\n`);
    for (const [i, next] of (answer.next ?? []).entries()) {
      terminal.err(styled(terminal, "dim", `${i === 0 ? "Next: " : "      "}${next}\n`));
    }
  }
  return answer.exitCode ?? 0;
}

function print(terminal: Terminal, text: string): number {
  terminal.out(text);
  return 0;
}

/** The command that takes the fewest typing mistakes to write as was written, or where to look. */
function suggest(wanted: string, commands: readonly Command[]): string {
  const [best] = commands
    .map(({ name }) => ({ name, distance: editDistance(wanted, name) }))
    .sort((a, b) => a.distance - b.distance);
  return best && best.distance <= 4 ? `Did you mean: millrace ${best.name}` : "See all commands: millrace help";
}

/** Levenshtein's distance: insertions, deletions and substitutions. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (const [i, x] of a.split("").entries()) {
    const next = [i + 1];
    for (const [j, y] of b.split("").entries()) {
      next.push(Math.min((row[j] ?? 0) + (x === y ? 0 : 1), (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
