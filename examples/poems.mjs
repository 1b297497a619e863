// npm install --prefix /tmp/poetry --ignore-scripts chinese-poetry
// node examples/poems.mjs /tmp/poetry/node_modules/chinese-poetry
// 21,000 poems of the Song dynasty, character by character: the perplexity of unseen poems beside that of Kneser-Ney
// trigrams, and a poem to the melody 浣溪沙. The package is 362 MB unpacked, so it is no dependency of the examples.
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { jsonLines, millrace, newestModel, write } from "./millrace.mjs";

const [, , from] = process.argv;
if (from === undefined) throw new Error("Say where the package chinese-poetry lies: node examples/poems.mjs FOLDER");
const folder = path.join(from, "dist", "songci");
const files = readdirSync(folder).filter((name) => name.startsWith("ci.song."));
const poems = files.sort().flatMap((name) => JSON.parse(readFileSync(path.join(folder, name), "utf8")));
const texts = poems.map(({ rhythmic, paragraphs }) => ({ text: `${rhythmic}\n${paragraphs.join("\n")}` }));
const recipe = {
  name: "poems",
  task: "language-model",
  architecture: "decoder-language-model",
  tokenizer: { kind: "characters", size: 5_000 },
  dropout: 0.1,
  training: { epochs: 2, window: 64, batch: 8, rate: 0.003, decay: 0.05 },
};

console.log(millrace("dataset", "import", write("songci.jsonl", jsonLines(texts)), "--name", "songci", "--seed", "7"));
console.log(millrace("run", "start", "songci", "--recipe", write("poems.json", JSON.stringify(recipe))));
console.log(millrace("generate", newestModel(), "--prompt", "浣溪沙\n", "--temperature", "0.8", "--seed", "1"));
