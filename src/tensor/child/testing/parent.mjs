// A parent that is killed while its child waits, for run-in-child.test.ts: prints the child's process id.
import { runInChild } from "../../../../dist/tensor/index.js";

await runInChild({
  entry: new URL("./worker.mjs", import.meta.url),
  input: { do: process.argv[2] },
  onProgress: (progress) => process.stdout.write(`${JSON.stringify(progress)}\n`),
});
