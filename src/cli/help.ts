import type { Command } from "./command.ts";
import { pad } from "./terminal.ts";

const everywhere: Command["options"] = {
  data: { type: "text", value: "FOLDER", help: "the data folder (default: .millrace, or MILLRACE_DATA)" },
  json: { type: "switch", help: "print JSON for programs" },
  help: { type: "switch", help: "show this" },
};

/** All commands, one line each. */
export function overview(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name, args }) => [name, ...args].join(" ").length));
  const lines = commands.map(
    ({ name, args, summary }) => `  ${pad([name, ...args].join(" "), Math.min(width, 34))}  ${summary}\n`,
  );
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
    `${command.summary}\n\n`,
    `Usage: millrace ${[command.name, ...command.args].join(" ")} [--flags]\n\n`,
    ...written.map(([flag, help]) => `  ${pad(flag, width)}  ${help}\n`),
    command.example ? `\nExample: ${command.example}\n` : "",
  ].join("");
}
