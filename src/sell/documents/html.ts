import { rowsOf } from "./rows.ts";
import type { DocumentView, Language } from "./view.ts";
import { labelOf } from "./words.ts";

/** One page of HTML that needs nothing else: it prints, and opens from a mail. */
export function documentHtml(view: DocumentView, language: Language): string {
  const rows = rowsOf(view, language);
  const party = (label: "from" | "to", lines: readonly string[]): string =>
    `<div><h2>${escape(labelOf(label, language))}</h2><p>${lines.map(escape).join("<br>")}</p></div>`;
  const facts = rows.facts.map(([label, value]) => `<dt>${escape(label)}</dt><dd>${escape(value)}</dd>`).join("");
  const lines = rows.lines
    .map(({ text, steps, amount }) => {
      const how = steps.length === 0 ? "" : `<ul>${steps.map((step) => `<li>${escape(step)}</li>`).join("")}</ul>`;
      return `<tr><td>${escape(text)}${how}</td><td class="n">${escape(amount)}</td></tr>`;
    })
    .join("\n");
  const totals = rows.totals
    .map(({ label, amount, strong }) => {
      const tag = strong ? "th" : "td";
      return `<tr><${tag}>${escape(label)}</${tag}><${tag} class="n">${escape(amount)}</${tag}></tr>`;
    })
    .join("\n");
  const [what, amount] = rows.head;
  return `<!doctype html>
<html lang="${language === "zh" ? "zh-CN" : "en"}">
<head><meta charset="utf-8"><title>${escape(rows.title)}</title><style>${style}</style></head>
<body>
<h1>${escape(rows.title)}</h1>
<div class="parties">${party("from", rows.seller)}${party("to", rows.buyer)}</div>
<dl>${facts}</dl>
<table>
<thead><tr><th>${escape(what)}</th><th class="n">${escape(amount)}</th></tr></thead>
<tbody>
${lines}
</tbody>
<tfoot>
${totals}
</tfoot>
</table>
${rows.notes.map((note) => `<p>${escape(note)}</p>`).join("\n")}
</body>
</html>
`;
}

const style = [
  'body{font:15px/1.5 "Noto Sans","Noto Sans SC","PingFang SC",sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b}',
  "h1{font-size:1.6rem}h2{font-size:.85rem;color:#666;margin:0}.parties{display:flex;gap:3rem}.parties p{margin:.2rem 0}",
  "dl{display:grid;grid-template-columns:max-content auto;gap:.1rem 1.5rem}dt{color:#666}dd{margin:0}",
  "table{width:100%;border-collapse:collapse}th{text-align:left}td,th{padding:.35rem .2rem;vertical-align:top}",
  "thead tr,tbody tr{border-bottom:1px solid #ddd}.n{text-align:right;white-space:nowrap}ul{margin:0;padding-left:1rem;color:#666;font-size:.85rem}",
  "@media print{body{margin:0}}",
].join("");

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
const escape = (text: string): string => text.replace(/[&<>"']/g, (letter) => entities[letter] ?? letter);
