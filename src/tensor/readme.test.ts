import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

test("the README's first example runs as it stands", async () => {
  const readme = await readFile(new URL("./README.md", import.meta.url), "utf8");
  const code = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";
  const dist = fileURLToPath(new URL("../../dist/", import.meta.url)); // inside the package, so its own name resolves
  const folder = await mkdtemp(join(dist, "readme-"));
  const file = join(folder, "example.mjs");
  await writeFile(file, code);
  const { stdout } = await promisify(execFile)(process.execPath, [file]);
  await rm(folder, { recursive: true });
  expect(stdout).toMatch(/^example: 3,354 parameters/);
  expect(stdout).toMatch(/best epoch \d+: \{ loss: 0\.\d+, accuracy: 1 \}/);
  expect(stdout).toMatch(/\[ 2, 2 \] Float32Array\(4\)/);
});
