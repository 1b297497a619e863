import stringWidth from "string-width";
import { limits } from "../kernel/limits.ts";
import { isCompared } from "./kinds.ts";
import { rejectionReasons } from "./readers/read.ts";
import type { ChangeReport, DataReport, ImportReport, LabelRow, PartCounts } from "./report.ts";
import { type Part, parts } from "./splits.ts";

/** The data report for people: lines of at most 80 columns. */
export function renderReport(report: DataReport): string {
  const sections = report.kind === "import" ? importSections(report) : [changeRows(report)];
  return [
    ...sections,
    partLines(report.parts),
    labelLines(report.labels),
    numberLines(report),
    warningLines(report.warnings),
  ]
    .filter((lines) => lines.length > 0)
    .map((lines) => `${lines.join("\n")}\n`)
    .join("\n");
}

const columns = 80;

function importSections(report: ImportReport): string[][] {
  return [
    rowLines(report),
    rejectionLines(report),
    conflictLines(report),
    groupLines(report),
    textLines(report),
    columnLines(report),
    imageLines(report),
    report.data === "image" ? [] : personalLines(report),
    mailLines(report),
  ];
}

const number = (value: number): string => value.toLocaleString("en-US");

/** `label` to the left, `value` to the right, aligned. */
const line = (label: string, value: string | number, note = ""): string => {
  const shown = typeof value === "number" ? number(value) : value;
  return fit(`  ${label.padEnd(labelColumns)}${shown.padStart(valueColumns)}${note === "" ? "" : `  ${note}`}`);
};

const labelColumns = 24;
const valueColumns = 9;

const fit = (text: string): string => cut(text, columns);

/** At most `width` columns of a terminal, in which Chinese characters take two. */
function cut(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let out = "";
  for (const char of text) {
    if (stringWidth(out + char) > width - 1) break;
    out += char;
  }
  return `${out}…`;
}

const padded = (text: string, width: number): string => text + " ".repeat(Math.max(width - stringWidth(text), 0));

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

const nounOf = { text: "text", table: "row", image: "image", "text-pairs": "pair", "text-spans": "text" } as const;

function rowLines({ source, rows, data }: ImportReport): string[] {
  const lines = [fit(`Rows of ${source.path} (${source.format})`), line("read", rows.read)];
  const facts: [string, number, string][] = [
    ["rejected", rows.rejected, "see below"],
    ["exact duplicates", rows.duplicates, "the first of each is kept"],
    ["averaged", rows.averaged ?? 0, "equal columns: their mean"],
    ["conflicting labels", rows.conflicting, `same ${nounOf[data]}, several labels: all dropped`],
    ["already there", rows.alreadyThere, ""],
    ["back again", rows.returned, "had left, or waited in the pool"],
  ];
  for (const [label, value, note] of facts) if (value > 0) lines.push(line(label, value, note));
  return [...lines, line("added", rows.added)];
}

function rejectionLines({ rejections }: ImportReport): string[] {
  const byReason = Object.entries(rejections.byReason).sort(([, a], [, b]) => b - a);
  if (byReason.length === 0) return [];
  const lines = ["Rejected rows"];
  for (const [reason, count] of byReason) {
    lines.push(line(reason.replaceAll("_", " "), count, rejectionReasons[reason as keyof typeof rejectionReasons]));
    const places = rejections.listed.filter((row) => row.reason === reason).slice(0, placesShown);
    for (const { file, row, column } of places) {
      const place = row === undefined ? file : `${file}, row ${row}`;
      lines.push(fit(`    ${place}${column === undefined ? "" : `, column ${column}`}`));
    }
    if (count > places.length) lines.push(`    and ${number(count - places.length)} more`);
  }
  return lines;
}

const placesShown = 3;

function conflictLines({ conflicts, data }: ImportReport): string[] {
  if (conflicts.texts === 0) return [];
  const lines = [
    `${{ text: "Texts", table: "Rows", image: "Images", "text-pairs": "Pairs", "text-spans": "Texts" }[data]} with several labels: ${number(conflicts.texts)}`,
  ];
  for (const { labels, at } of conflicts.listed.slice(0, placesShown)) {
    const counted = Object.entries(labels).map(([label, count]) => `${label} ×${count}`);
    lines.push(fit(`  ${counted.join(", ")}: ${at.join("; ")}`));
  }
  if (conflicts.texts > placesShown) lines.push(`  and ${number(conflicts.texts - placesShown)} more`);
  return lines;
}

function groupWords(data: ImportReport["data"], column: string | undefined): string {
  if (isCompared(data)) return "Near-duplicates";
  return data === "text-pairs" ? "Pairs with the same prompt" : `Rows with the same "${column ?? ""}"`;
}

function groupLines({ nearDuplicates, data, table }: ImportReport): string[] {
  const { groups, examples, largest, mixedLabels, sizes } = nearDuplicates;
  if (!isCompared(data) && groups === 0) return [];
  if (groups === 0) return ["Near-duplicates: none"];
  const spread = sizes.map((row) => `${number(row.groups)} of ${row.size}`).join(", ");
  const lines = [
    `${groupWords(data, table?.group)} (a group never straddles two splits)`,
    line("groups", groups, spread),
    line("examples in them", examples, `largest group ${number(largest)}`),
  ];
  if (mixedLabels > 0 && data === "text") lines.push(line("with several labels", mixedLabels, "worth a look"));
  return lines;
}

function textLines({ lengthChars, languages }: ImportReport): string[] {
  if (!lengthChars) return [];
  const { min, p10, p50, p90, p99, max } = lengthChars;
  const lengths = `min ${number(min)}, 10 % ${number(p10)}, median ${number(p50)}, 90 % ${number(p90)}`;
  const shown = languages.shares.slice(0, 6).map(({ language, share }) => `${language} ${percent(share)}`);
  return [
    "Texts",
    fit(`  characters  ${lengths}`),
    fit(`              99 % ${number(p99)}, max ${number(max)}`),
    fit(`  languages   ${shown.join(", ")}${languages.shares.length > 6 ? ", …" : ""}`),
  ];
}

const columnsShown = 40;
const columnNameColumns = 24;

function columnLines({ table }: ImportReport): string[] {
  if (!table) return [];
  const lines = table.columns.slice(0, columnsShown).map((column) => {
    const name = padded(cut(column.name, columnNameColumns), columnNameColumns);
    const missing = column.missing === 0 ? "" : `, ${number(column.missing)} missing`;
    if (column.kind === "category") {
      return fit(`  ${name}  ${number(column.values)} values, the top one ${percent(column.topShare)}${missing}`);
    }
    const { mean, deviation, min, max } = column.numbers;
    return fit(`  ${name}  ${figure(min)} to ${figure(max)}, mean ${figure(mean)} ± ${figure(deviation)}${missing}`);
  });
  const more = table.columns.length > columnsShown ? [`  and ${number(table.columns.length - columnsShown)} more`] : [];
  return [`Columns (${table.columns.length})`, ...lines, ...more];
}

/** Four significant digits, and thousands as people read them. */
const figure = (value: number): string => value.toLocaleString("en-US", { maximumSignificantDigits: 4 });

function imageLines({ images }: ImportReport): string[] {
  if (!images) return [];
  const { grey, colour, widthMin, widthMax, heightMin, heightMax, shrunk } = images;
  const range = (min: number, max: number): string => (min === max ? `${min}` : `${min} to ${max}`);
  return [
    "Images",
    line("grey", grey),
    line("colour", colour),
    `  pixels      ${range(widthMin, widthMax)} wide, ${range(heightMin, heightMax)} high`,
    ...(shrunk > 0 ? [line("scaled down", shrunk, `to at most ${limits.imageSideMax} a side`)] : []),
  ];
}

const kindNames = {
  email: "mail addresses",
  phone: "telephone numbers",
  card: "payment cards",
  iban: "IBANs",
  resident_id: "Chinese resident ids",
} as const;

function personalLines({ personalData }: ImportReport): string[] {
  const lines = Object.entries(personalData.found)
    .filter(([, { matches }]) => matches > 0)
    .map(([kind, { matches, examples }]) =>
      line(kindNames[kind as keyof typeof kindNames], matches, `in ${number(examples)} examples`),
    );
  if (lines.length === 0) return ["Personal data: none found"];
  return [
    `Personal data found${personalData.redacted ? ", replaced by tokens" : ", kept (--redact replaces it)"}`,
    ...lines,
  ];
}

function mailLines({ mail, skippedFiles }: ImportReport): string[] {
  const lines: string[] = [];
  if (mail) {
    lines.push(
      `Mails: only Subject and text are kept; ${number(mail.strippedHeaders.length)} others are stripped, among them`,
    );
    for (const { header, mails } of mail.strippedHeaders.slice(0, 8)) lines.push(line(header, mails, "mails"));
    const spam = mail.strippedHeaders.filter(({ header }) => header.startsWith("x-spam"));
    if (spam.length > 0) lines.push(line("x-spam-…", Math.max(...spam.map(({ mails }) => mails)), "mails"));
    if (mail.attachmentsDropped > 0) lines.push(line("attachments dropped", mail.attachmentsDropped));
  }
  if (skippedFiles.length > 0) {
    const listed = skippedFiles.slice(0, 5).map(({ extension, files }) => `${extension} ${number(files)}`);
    lines.push(fit(`Files passed over: ${listed.join(", ")}`));
  }
  return lines;
}

function changeRows({ rows }: ChangeReport): string[] {
  const lines = ["Changes", line("rows given", rows.given)];
  for (const kind of ["added", "returned", "relabelled", "unchanged", "refused", "removed"] as const) {
    if (rows[kind] > 0) lines.push(line(kind, rows[kind]));
  }
  return lines;
}

function partLines(counts: PartCounts): string[] {
  const notes: Readonly<Partial<Record<Part, string>>> = {
    test: "frozen for this dataset",
    pool: "waits to be used",
    held: "too similar to another split",
  };
  const shown = parts.filter((part) => counts[part] > 0 || part === "train");
  return ["The version", ...shown.map((part) => line(part, counts[part], notes[part] ?? ""))];
}

const labelsShown = 12;
const cellColumns = 8;

function labelLines(labels: readonly LabelRow[]): string[] {
  if (labels.length === 0) return [];
  const total = (row: LabelRow): number => parts.reduce((sum, part) => sum + row[part], 0);
  const all = labels.reduce((sum, row) => sum + total(row), 0);
  const ordered = [...labels].sort((a, b) => total(b) - total(a));
  const shown = parts.filter((part) => labels.some((row) => row[part] > 0));
  const headings = ["share", ...shown];
  const cells = (values: readonly string[]): string =>
    values.map((value, i) => value.padStart(Math.max((headings[i] ?? "").length + 1, cellColumns))).join("");
  const nameColumns = columns - 3 - cells(headings).length;
  const lines = ordered.slice(0, labelsShown).map((row) => {
    const counts = [percent(total(row) / all), ...shown.map((part) => number(row[part]))];
    return `  ${padded(cut(row.label, nameColumns), nameColumns)} ${cells(counts)}`;
  });
  const more = labels.length > labelsShown ? [`  and ${number(labels.length - labelsShown)} more`] : [];
  return [`${"Labels".padEnd(nameColumns + 3)}${cells(headings)}`, ...lines, ...more];
}

function numberLines({ numbers }: DataReport): string[] {
  if (!numbers) return [];
  const { min, max, mean, deviation } = numbers;
  return ["Labels (numbers)", `  ${figure(min)} to ${figure(max)}, mean ${figure(mean)} ± ${figure(deviation)}`];
}

function warningLines(warnings: readonly string[]): string[] {
  return warnings.flatMap((warning) => wrap(`! ${warning}`));
}

function wrap(text: string): string[] {
  const lines: string[] = [];
  let current = "";
  for (const word of text.split(" ")) {
    if (current !== "" && current.length + 1 + word.length > columns) {
      lines.push(current);
      current = ` `;
    }
    current = current === "" ? word : `${current} ${word}`;
  }
  return [...lines, current];
}
