import type { Estimate } from "../models/index.ts";

/** `97.5 % [96.4 98.3]` */
export const percents = ({ value, low, high }: Estimate): string =>
  `${(value * 100).toFixed(1)} % [${(low * 100).toFixed(1)} ${(high * 100).toFixed(1)}]`;

export const percentPlain = (value: number): string => `${(value * 100).toFixed(1)} %`;

/** Chinese, Japanese and Korean characters take two columns of a terminal. */
const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

/** Columns that a text takes in a terminal. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += wide.test(character) ? 2 : 1;
  return width;
}

/** Exactly `width` columns: shortened with an ellipsis, or filled with spaces on the right. */
export function fitLeft(text: string, width: number): string {
  const short = shorten(text, width);
  return short + " ".repeat(width - widthOf(short));
}

/** The same with the spaces on the left. */
export function fitRight(text: string, width: number): string {
  const short = shorten(text, width);
  return " ".repeat(width - widthOf(short)) + short;
}

function shorten(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let short = "";
  for (const character of text) {
    if (widthOf(short) + widthOf(character) > width - 1) break;
    short += character;
  }
  return `${short}…`;
}

const bars = "▁▂▃▄▅▆▇█";

/** One bar for each value, from the lowest to the highest of them. */
export function sparkline(values: readonly number[]): string {
  const low = Math.min(...values);
  const span = Math.max(...values) - low;
  return values
    .map(
      (value) =>
        bars[span === 0 ? 0 : Math.min(bars.length - 1, Math.floor(((value - low) / span) * bars.length))] ?? "",
    )
    .join("");
}
