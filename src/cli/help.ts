import type { Command } from "./command.ts";
import { pad, wrap } from "./terminal.ts";

const columns = 80;

const everywhere: Command["options"] = {
  data: { type: "text", value: "FOLDER", help: "the data folder (default: .millrace, or MILLRACE_DATA)" },
  json: { type: "switch", help: "print JSON for programs" },
  help: { type: "switch", help: "show this" },
};

/** A term, and beside it what it means in as many lines as that takes. */
function entry(term: string, width: number, meaning: string): string {
  const lines = wrap(meaning, columns - width - 4);
  return lines.map((line, i) => `  ${pad(i === 0 ? term : "", width)}  ${line}\n`).join("");
}

/** All commands with what they do. */
export function overview(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name, args }) => [name, ...args].join(" ").length));
  const lines = commands.map(({ name, args, summary }) => entry([name, ...args].join(" "), width, summary));
  return [
    "Millrace turns your own data into a paid AI API that gets better with use.\n\n",
    "Usage: millrace <noun> <verb> [arguments] [--flags]\n\n",
    ...lines,
    "\nFlags and an example of one command: millrace <noun> <verb> --help\n",
  ].join("");
}

export function commandHelp(command: Command): string {
  const options = { ...command.options, ...everywhere };
  const written = Object.entries(options).map(([name, spec]) => {
    const flag = spec.type === "switch" ? `--${name}` : `--${name} ${spec.value ?? name.toUpperCase()}`;
    return [
      flag,
      `${spec.help}${spec.required ? " (required)" : ""}${spec.type === "list" ? " (may be repeated)" : ""}`,
    ] as const;
  });
  const width = Math.max(...written.map(([flag]) => flag.length));
  return [
    `${wrap(command.summary, columns).join("\n")}\n\n`,
    `Usage: millrace ${[command.name, ...command.args].join(" ")} [--flags]\n\n`,
    ...written.map(([flag, help]) => entry(flag, width, help)),
    command.example ? `\nExample: ${command.example}\n` : "",
  ].join("");
}
