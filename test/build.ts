import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

/**
 * Child processes and worker threads run the compiled code, so every test run starts from a fresh build.
 * Type errors are the business of `npm run check`; what matters here is that code was written.
 */
export function setup(): void {
  spawnSync("npx", ["tsc", "-p", "tsconfig.build.json"], { stdio: "ignore" });
  if (!existsSync(new URL("../dist/kernel/ids.js", import.meta.url))) {
    throw new Error("The build wrote nothing into dist/: run `npm run build` and read its errors.");
  }
}
