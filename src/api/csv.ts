/** One line as RFC 4180 says; a text that a spreadsheet would take for a formula is kept a text. */
export function csvLine(cells: readonly (string | number | null)[]): string {
  return `${cells.map(quoted).join(",")}\r\n`;
}

function quoted(cell: string | number | null): string {
  if (typeof cell === "number") return String(cell);
  const text = cell ?? "";
  const safe = /^[=+@\t\r]|^-(?!\d+(\.\d+)?$)/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
