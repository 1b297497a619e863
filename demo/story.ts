import { stripVTControlCharacters, styleText } from "node:util";

/** How the story is told: one block per step, at most 80 columns. */

const columns = 80;
const started = performance.now();
const colourful = process.stdout.isTTY;

const style = (format: Parameters<typeof styleText>[0], text: string): string =>
  colourful ? styleText(format, text) : text;

export function step(number: number, title: string): void {
  const seconds = `${((performance.now() - started) / 1000).toFixed(0)} s`;
  const head = `── ${number}. ${title} `;
  const rule = "─".repeat(Math.max(3, columns - head.length - seconds.length - 1));
  process.stdout.write(`\n${style(["bold", "cyan"], head)}${style("cyan", rule)} ${style("dim", seconds)}\n`);
}

export function say(text: string): void {
  process.stdout.write(`${wrap(text)}\n`);
}

/** A command as the reader could type it, shortened to one line where it is long. */
export function typed(args: readonly string[]): void {
  const quoted = args.map((arg) => (/[\s"']/.test(arg) ? `"${arg}"` : arg));
  process.stdout.write(`${style("green", wrap(`$ millrace ${quoted.join(" ")}`, "    "))}\n`);
}

export function shown(text: string): void {
  for (const line of text.trimEnd().split("\n")) process.stdout.write(`${line}\n`);
}

const barWidth = 24;

/** A bar drawn over itself on terminals; nothing elsewhere. */
export function bar(title: string, total: number): { tick(): void; done(): void } {
  let at = 0;
  let lastFilled = -1;
  return {
    tick() {
      at += 1;
      const filled = Math.floor((at / total) * barWidth);
      if (!colourful || filled === lastFilled) return;
      lastFilled = filled;
      process.stdout.write(
        `\r\u001B[2K${title} ${"█".repeat(filled)}${"░".repeat(barWidth - filled)} ${at} of ${total}`,
      );
    },
    done() {
      if (colourful) process.stdout.write("\r\u001B[2K");
    },
  };
}

export function elapsedSeconds(): number {
  return (performance.now() - started) / 1000;
}

function wrap(text: string, indent = ""): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line && stripVTControlCharacters(`${line} ${word}`).length > columns) {
      lines.push(line);
      line = indent + word;
    } else line = line ? `${line} ${word}` : word;
  }
  return [...lines, line].join("\n");
}
