import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const readme = await readFile(new URL("./README.md", import.meta.url), "utf8");
const examples = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code ?? "");

async function run(code: string): Promise<string> {
  const dist = fileURLToPath(new URL("../../dist/", import.meta.url)); // inside the package, so its own name resolves
  const folder = await mkdtemp(join(dist, "readme-"));
  const file = join(folder, "example.mjs");
  await writeFile(file, code);
  const { stdout } = await promisify(execFile)(process.execPath, [file]);
  await rm(folder, { recursive: true });
  return stdout;
}

test("the README's first example runs as it stands", async () => {
  const stdout = await run(examples[0] ?? "");
  expect(stdout).toMatch(/^example: 3,354 parameters/);
  expect(stdout).toMatch(/best epoch \d+: \{ loss: 0\.\d+, accuracy: 1 \}/);
  expect(stdout).toMatch(/\[ 2, 2 \] Float32Array\(4\)/);
});

test("the README's training of sequences runs as it stands, too", async () => {
  const example = examples.find((code) => code.startsWith("import ") && code.includes("perPosition"));
  expect(await run(example ?? "")).toMatch(/^perplexity 1\.[0-4]\d$/m);
});

test("the models that the README defines can be built", async () => {
  const defined = examples.flatMap((code) => /^const (\w+) = defineModel/.exec(code)?.[1] ?? []);
  const models = examples.filter((code) => /^const \w+ = defineModel/.test(code));
  const stdout = await run(
    [
      'import * as tensor from "millrace/tensor";',
      "Object.assign(globalThis, tensor);",
      ...models,
      ...defined.map((name) => `console.log(summarize(${name}));`),
    ].join("\n"),
  );
  expect(stdout.match(/^\w+: [\d,]+ parameters/gm)).toHaveLength(defined.length);
  expect(defined).toContain("generator");
});
