import type { Computation } from "./model.ts";
import { type Preprocessing, exportedCodec } from "./preprocessing.ts";

/** `predict.mjs` of an exported folder: what remains of us when somebody takes a model away. */
export function predictScript(computation: Computation): string {
  const { preprocessing } = computation;
  if (preprocessing.kind === "language") return languageScript;
  const packages = ["onnxruntime-node", ...exportedCodec(preprocessing).packages].join(" ");
  return `// npm install ${packages} && ${exampleOf(preprocessing)}
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ort from "onnxruntime-node";
import { codec } from "./preprocessing.mjs";

const json = (name) => JSON.parse(readFileSync(new URL(name, import.meta.url), "utf8"));
const session = await ort.InferenceSession.create(fileURLToPath(new URL("model.onnx", import.meta.url)));
const { read, feeds } = codec(json("preprocessing.json"));
const types = { Float32Array: "float32", Int32Array: "int32", BigInt64Array: "int64" };
const tensor = ({ data, dims }) => new ort.Tensor(types[data.constructor.name], data, dims);
${preprocessing.kind === "image" ? imageInput : textInput}
const fed = Object.entries(feeds([read(input)])).map(([name, feed]) => [name, tensor(feed)]);
const { probabilities, values, similarities, vectors } = await session.run(Object.fromEntries(fed));
const labels = json("labels.json");
${printing(computation)}`;
}

/** How the answer is printed. */
function printing({ task, preprocessing, decision }: Computation): string {
  if (preprocessing.kind === "word-vectors") return neighboursOutput;
  if (task === "text-embedding") return vectorOutput;
  return decision ? refusingOutput : plainOutput;
}

/** How the script is asked. */
function exampleOf({ kind }: Preprocessing): string {
  if (kind === "image") return "node predict.mjs picture.png";
  const input = kind === "table-row" ? `'{"a column": 1, "another": "a value"}'` : '"some input"';
  return `echo ${input} | node predict.mjs`;
}

const textInput = `const input = process.argv.slice(2).join(" ") || readFileSync(0, "utf8");`;

/** The path of a file, or a data URL. */
const imageInput = `const given = process.argv[2] ?? readFileSync(0, "utf8").trim();
const fromFile = () => \`data:image/png;base64,\${readFileSync(given).toString("base64")}\`;
const input = given.startsWith("data:") ? given : fromFile();`;

const plainOutput = `console.log(
  JSON.stringify(
    probabilities ? Object.fromEntries(labels.map((label, i) => [label, probabilities.data[i]])) : { value: values.data[0] },
  ),
);
`;

/** Of a model that may refuse: the shape that its answers have everywhere. */
const refusingOutput = `const all = [...probabilities.data];
const probability = Math.max(...all);
console.log(
  JSON.stringify({
    label: labels[all.indexOf(probability)],
    probability,
    probabilities: Object.fromEntries(labels.map((label, i) => [label, all[i]])),
    refused: probability < json("decision.json").threshold,
  }),
);
`;

/** Of an encoder: numbers of norm 1. */
const vectorOutput = `console.log(JSON.stringify([...vectors.data]));
`;

/** Of word vectors: the ten nearest, without the words that were asked about. */
const neighboursOutput = `const asked = new Set(Array.from(fed.find(([name]) => name === "ids")[1].data, Number));
const nearest = json("preprocessing.json").words.map((word, id) => ({ word, id, similarity: similarities.data[id] }));
const neighbours = nearest.filter(({ id }) => !asked.has(id)).sort((a, b) => b.similarity - a.similarity).slice(0, 10);
for (const { word, similarity } of neighbours) console.log(similarity.toFixed(3), word);
`;

const languageScript = `// npm install onnxruntime-node && node predict.mjs --temperature 0.8 --tokens 100 "Call me"
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import ort from "onnxruntime-node";
import { openTokenizer } from "./preprocessing.mjs";

const { tokenizer: parameters, states, context } = JSON.parse(readFileSync(new URL("preprocessing.json", import.meta.url), "utf8"));
const options = { temperature: { type: "string", default: "0.8" }, tokens: { type: "string", default: "100" } };
const { values: { temperature, tokens }, positionals } = parseArgs({ options, allowPositionals: true });
const tokenizer = openTokenizer(parameters);
const session = await ort.InferenceSession.create(fileURLToPath(new URL("model.onnx", import.meta.url)));
let remembered = Object.fromEntries(
  states.map(({ name, dims }) => {
    const sizes = dims.map((dim) => (dim === "batch" ? 1 : dim === "past" ? 0 : dim));
    return [name, new ort.Tensor("float32", new Float32Array(sizes.reduce((size, dim) => size * dim, 1)), sizes)];
  }),
);
const read = async (ids) => {
  const outputs = await session.run({ ids: new ort.Tensor("int64", BigInt64Array.from(ids, BigInt), [1, ids.length]), ...remembered });
  remembered = Object.fromEntries(states.map(({ name, next }) => [name, outputs[next]]));
  return outputs.logits.data.slice(-tokenizer.size);
};
const draw = (logits) => {
  if (tokenizer.unknown !== null) logits[tokenizer.unknown] = -Infinity;
  const highest = Math.max(...logits);
  if (Number(temperature) === 0) return logits.indexOf(highest);
  const weights = Array.from(logits, (logit) => Math.exp((logit - highest) / Number(temperature)));
  let at = (crypto.getRandomValues(new Uint32Array(1))[0] / 2 ** 32) * weights.reduce((sum, weight) => sum + weight, 0);
  return Math.max(0, weights.findIndex((weight) => (at -= weight) < 0));
};
const prompt = positionals.length > 0 ? positionals.join(" ") : readFileSync(0, "utf8").trimEnd();
const ids = [0, ...tokenizer.encode(prompt)]; // 0: the end of what was before
const { push, end } = tokenizer.decoder();
process.stdout.write(prompt);
let logits = await read(ids);
for (let length = ids.length, written = 0; written < Number(tokens) && length < (context ?? Infinity); length++, written++) {
  const id = draw(logits);
  if (id === 0) break;
  process.stdout.write(push(id));
  logits = await read([id]);
}
console.log(end());
`;
