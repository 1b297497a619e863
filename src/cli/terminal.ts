import { styleText } from "node:util";
import stringWidth from "string-width";

/** Where a command writes: data to `out`, everything a person reads on the way to `err`. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  /** Standard error is a terminal: progress bars and colours make sense. */
  readonly interactive: boolean;
  readonly columns: number;
  /** All of standard input, for commands that read it. */
  stdin(): Promise<string>;
}

type Style = "bold" | "dim" | "green" | "red" | "yellow" | "cyan";

export function styled(terminal: Terminal, style: Style, text: string): string {
  return terminal.interactive ? styleText(style, text) : text;
}

/** One line that is drawn over itself, on terminals only. */
export interface Progress {
  update(share: number, label: string): void;
  done(): void;
}

const barWidth = 24;

export function startProgress(terminal: Terminal, title: string): Progress {
  if (!terminal.interactive) return { update: () => {}, done: () => {} };
  let last = "";
  return {
    update(share, label) {
      const filled = Math.round(Math.min(1, Math.max(0, share)) * barWidth);
      const bar = "█".repeat(filled) + "░".repeat(barWidth - filled);
      const line = clip(`${title} ${bar} ${label}`, terminal.columns - 1);
      if (line === last) return;
      last = line;
      terminal.err(`\r\u001B[2K${line}`);
    },
    done() {
      if (last) terminal.err("\r\u001B[2K");
    },
  };
}

/** Cuts to a number of columns; Chinese characters count two. */
export function clip(text: string, columns: number): string {
  if (stringWidth(text) <= columns) return text;
  let out = "";
  for (const char of text) {
    if (stringWidth(out + char) > columns - 1) break;
    out += char;
  }
  return `${out}…`;
}

/** Lines of so many columns; a longer word stands alone. */
export function wrap(text: string, columns: number): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines.at(-1) ?? "";
    if (last !== "" && stringWidth(`${last} ${word}`) > columns) lines.push(word);
    else lines[lines.length - 1] = last === "" ? word : `${last} ${word}`;
  }
  return lines;
}

export function pad(text: string, columns: number, align: "left" | "right" = "left"): string {
  const space = " ".repeat(Math.max(0, columns - stringWidth(text)));
  return align === "right" ? space + text : text + space;
}

const narrowest = 8;

/** A plain table; columns whose cells are all numbers are right-aligned. */
export function table(header: readonly string[], rows: readonly (readonly string[])[], columns = 80): string {
  if (rows.length === 0) return "(none)\n";
  const widths = header.map((title, i) =>
    Math.max(stringWidth(title), ...rows.map((row) => stringWidth(row[i] ?? ""))),
  );
  const numeric = header.map((_, i) => rows.every((row) => /^[-+]?[\d.,]*( ?[%a-z]{0,3})?$/.test(row[i] ?? "")));
  const widestFirst = [...widths.entries()].sort(([i, a], [j, b]) => b - a || j - i); // of equals the last: the first id is what the next command takes
  let excess = widths.reduce((sum, width) => sum + width + 2, -2) - columns;
  for (const [i, width] of widestFirst) {
    if (excess <= 0) break;
    widths[i] = Math.min(width, Math.max(narrowest, width - excess));
    excess -= width - widths[i];
  }
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => pad(clip(cell, widths[i] ?? 0), widths[i] ?? 0, numeric[i] ? "right" : "left"))
      .join("  ")
      .trimEnd();
  return `${[line(header), line(widths.map((width) => "─".repeat(width))), ...rows.map(line)].join("\n")}\n`;
}

/** `Label   value` lines. */
export function facts(pairs: readonly (readonly [string, string])[]): string {
  const width = Math.max(...pairs.map(([label]) => stringWidth(label)));
  return pairs.map(([label, value]) => `${pad(label, width)}  ${value}\n`).join("");
}

/** The real terminal of this process. */
export function systemTerminal(
  stdout: NodeJS.WriteStream,
  stderr: NodeJS.WriteStream,
  stdin: NodeJS.ReadStream,
): Terminal {
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    interactive: stderr.isTTY,
    columns: stderr.columns || 80,
    async stdin() {
      const chunks: Buffer[] = [];
      for await (const chunk of stdin) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks).toString("utf8");
    },
  };
}
