import stringWidth from "string-width";
import type { Attribution, Explanation, Part } from "./explanation.ts";

const shown = 15;
const barHalf = 18;
const nameWidth = 30;

/** The most telling parts with signed bars, for 80 columns: to the right speaks for the answer, to the left against it. */
export function renderExplanation({ answer, label, parts, asked }: Explanation): string {
  const what = "value" in answer ? `${answer.value}` : `${label ?? ""}, ${probabilityOf(answer, label)}`;
  const unit = "value" in answer ? "change of the value" : "change of the log-odds";
  const top = parts.slice(0, shown);
  const most = Math.max(1e-12, ...top.map(({ weight }) => Math.abs(weight)));
  const left = parts.length - top.length;
  return [
    what,
    "",
    ...top.map((part) => line(part, most)),
    ...(left > 0 ? [`  and ${left} more that tell less`] : []),
    "",
    `By taking parts away, in ${asked} questions. Numbers: ${unit}.`,
    "",
  ].join("\n");
}

function probabilityOf(answer: Exclude<Explanation["answer"], { value: number }>, label: string | null): string {
  const ofAnswer = label === null || label === answer.label;
  return ofAnswer ? `${(answer.probability * 100).toFixed(1)} %` : `answered ${answer.label}`;
}

function line({ part, weight }: Attribution, most: number): string {
  const length = Math.round((Math.abs(weight) / most) * barHalf);
  const bar = "█".repeat(length);
  const bars = weight < 0 ? `${bar.padStart(barHalf)}│` : `${" ".repeat(barHalf)}│${bar}`;
  const number = `${weight >= 0 ? "+" : "-"}${Math.abs(weight).toFixed(2)}`;
  return `  ${padEnd(nameOf(part), nameWidth)}${number.padStart(8)} ${bars}`.trimEnd();
}

function nameOf(part: Part): string {
  if (part.kind === "word") return part.places.length > 1 ? `${part.text} (${part.places.length} times)` : part.text;
  if (part.kind === "column") return `${part.name} = ${part.value}`;
  return `${part.width} x ${part.height} at ${part.x}, ${part.y}`;
}

function padEnd(text: string, columns: number): string {
  let out = "";
  for (const character of text.replace(/\s+/g, " ")) {
    if (stringWidth(out + character) > columns - 2) {
      out += "…";
      break;
    }
    out += character;
  }
  return out + " ".repeat(Math.max(1, columns - stringWidth(out)));
}
