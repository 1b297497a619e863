import { type Face, type TextRun, readFaces, runsOf } from "./fonts.ts";
import { type DocumentRows, rowsOf } from "./rows.ts";
import type { DocumentView, Language } from "./view.ts";
import { labelOf } from "./words.ts";

type Pdf = PDFKit.PDFDocument;

const margin = 56;
const width = 595.28 - 2 * margin; // A4
const bottom = 841.89 - margin - 20;
const grey = "#666666";
const black = "#1b1b1b";

/** The document as A4 pages. Fonts are subset as they are written: about 20 kB a page in Chinese. Loads its library on use. */
export async function documentPdf(view: DocumentView, language: Language): Promise<Buffer> {
  const { default: PDFDocument } = await import("pdfkit");
  const rows = rowsOf(view, language);
  const doc = new PDFDocument({
    size: "A4",
    margin,
    bufferPages: true,
    lang: language === "zh" ? "zh-CN" : "en",
    info: { Title: rows.title, Author: view.seller.name, CreationDate: new Date(view.issuedAtMs) },
  });
  const chunks: Buffer[] = [];
  doc.on("data", (chunk: Buffer) => chunks.push(chunk));
  const written = new Promise<void>((resolve) => doc.on("end", resolve));
  const [first, ...others] = await readFaces();
  if (!first) throw new Error("There are fonts in assets/fonts.");
  const pen = openPen(doc, [first, ...others]);
  writeHead(pen, rows, language);
  writeTable(pen, rows);
  writeFoot(pen, rows);
  numberPages(pen);
  doc.end();
  await written;
  return Buffer.concat(chunks);
}

interface Pen {
  readonly doc: Pdf;
  y: number;
  /** Writes a paragraph at x within a width and returns its height; it starts a new page where it does not fit. */
  paragraph(text: string, at: { x: number; width: number; size: number; color?: string; align?: "right" }): number;
  height(text: string, width: number, size: number): number;
}

function openPen(doc: Pdf, faces: readonly [Face, ...Face[]]): Pen {
  for (const { name, data } of faces) doc.registerFont(name, data);
  const widthOf = (runs: readonly TextRun[], size: number): number =>
    runs.reduce((sum, { face, text }) => sum + doc.font(face.name).fontSize(size).widthOfString(text), 0);
  const wrap = (text: string, columns: number, size: number): TextRun[][] =>
    wrapText(text, columns, (part) => widthOf(runsOf(part, faces), size)).map((line) => runsOf(line, faces));
  const lineHeight = 1.45;
  return {
    doc,
    y: margin,
    height: (text, columns, size) => wrap(text, columns, size).length * size * lineHeight,
    paragraph(text, { x, width: columns, size, color = black, align }) {
      let y = this.y;
      for (const runs of wrap(text, columns, size)) {
        let at = align === "right" ? x + columns - widthOf(runs, size) : x;
        for (const { face, text: part } of runs) {
          doc.font(face.name).fontSize(size).fillColor(color).text(part, at, y, { lineBreak: false });
          at += doc.widthOfString(part);
        }
        y += size * lineHeight;
      }
      return y - this.y;
    },
  };
}

/** Breaks at spaces, and within what is longer than a line: Chinese has none. */
export function wrapText(text: string, columns: number, widthOf: (text: string) => number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/(?<=\s)|(?=[\u3000-\u9fff\uff00-\uffef])/u)) {
    if (line !== "" && widthOf((line + word).trimEnd()) > columns) {
      lines.push(line.trimEnd());
      line = "";
    }
    line += word;
    while (widthOf(line.trimEnd()) > columns && line.length > 1) {
      let cut = line.length - 1;
      while (cut > 1 && widthOf(line.slice(0, cut)) > columns) cut--;
      lines.push(line.slice(0, cut));
      line = line.slice(cut);
    }
  }
  return [...lines, line.trimEnd()];
}

function writeHead(pen: Pen, rows: DocumentRows, language: Language): void {
  pen.y += pen.paragraph(rows.title, { x: margin, width, size: 20 }) + 14;
  const half = (width - 24) / 2;
  const heights = [["from", rows.seller, margin] as const, ["to", rows.buyer, margin + half + 24] as const].map(
    ([label, lines, x]) => {
      const top = pen.y;
      pen.y += pen.paragraph(labelOf(label, language), { x, width: half, size: 8.5, color: grey });
      for (const line of lines) pen.y += pen.paragraph(line, { x, width: half, size: 10 });
      const height = pen.y - top;
      pen.y = top;
      return height;
    },
  );
  pen.y += Math.max(...heights) + 14;
  for (const [label, value] of rows.facts) {
    pen.paragraph(label, { x: margin, width: 110, size: 9.5, color: grey });
    pen.y += pen.paragraph(value, { x: margin + 120, width: width - 120, size: 9.5 });
  }
  pen.y += 16;
}

const amountWidth = 120;
const textWidth = width - amountWidth - 12;

function writeTable(pen: Pen, rows: DocumentRows): void {
  const head = (): void => {
    pen.paragraph(rows.head[0], { x: margin, width: textWidth, size: 8.5, color: grey });
    pen.paragraph(rows.head[1], amountAt(8.5, grey));
    pen.y += 14;
    rule(pen);
  };
  head();
  for (const { text, steps, amount } of rows.lines) {
    const height =
      pen.height(text, textWidth, 10) + steps.reduce((sum, step) => sum + pen.height(step, textWidth, 8), 0);
    if (makeRoom(pen, height + 8)) head();
    pen.paragraph(amount, amountAt(10));
    pen.y += pen.paragraph(text, { x: margin, width: textWidth, size: 10 });
    for (const step of steps)
      pen.y += pen.paragraph(step, { x: margin + 10, width: textWidth - 10, size: 8, color: grey });
    pen.y += 3;
    rule(pen);
  }
}

const amountAt = (size: number, color = black) =>
  ({ x: margin + width - amountWidth, width: amountWidth, size, color, align: "right" }) as const;

function writeFoot(pen: Pen, rows: DocumentRows): void {
  makeRoom(pen, rows.totals.length * 18);
  for (const { label, amount, strong } of rows.totals) {
    const size = strong ? 11.5 : 10;
    pen.paragraph(amount, amountAt(size));
    pen.y += pen.paragraph(label, { x: margin, width: textWidth, size }) + 1;
  }
  pen.y += 12;
  for (const note of rows.notes) {
    makeRoom(pen, pen.height(note, width, 9));
    pen.y += pen.paragraph(note, { x: margin, width, size: 9, color: grey }) + 2;
  }
}

function rule({ doc, y }: Pen): void {
  doc
    .moveTo(margin, y)
    .lineTo(margin + width, y)
    .lineWidth(0.5)
    .strokeColor("#dddddd")
    .stroke();
}

/** Whether a new page had to be begun. */
function makeRoom(pen: Pen, height: number): boolean {
  if (pen.y + height <= bottom) return false;
  pen.doc.addPage();
  pen.y = margin;
  return true;
}

function numberPages(pen: Pen): void {
  const { start, count } = pen.doc.bufferedPageRange();
  for (let page = start; page < start + count; page++) {
    pen.doc.switchToPage(page);
    pen.doc.page.margins.bottom = 0; // or writing below it would begin another page
    pen.y = 841.89 - margin + 8;
    pen.paragraph(`${page + 1} / ${count}`, { x: margin, width, size: 8, color: grey, align: "right" });
  }
}
