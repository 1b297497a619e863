import { spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { storyFolder } from "./console/story-folder.ts";
import { startPostgres } from "../src/store/testing/engines.ts";

/**
 * Child processes and worker threads run the compiled code, so every test run starts from a fresh build; type errors
 * are the business of `npm run check`, what matters here is that code was written. And a Postgres server of our own.
 */
export function setup(): () => void {
  spawnSync("npx", ["tsc", "-p", "tsconfig.build.json"], { stdio: "ignore" });
  spawnSync(process.execPath, ["web/build.js"], { stdio: "inherit" });
  if (!existsSync(new URL("../dist/kernel/ids.js", import.meta.url))) {
    throw new Error("The build wrote nothing into dist/: run `npm run build` and read its errors.");
  }
  const server = startPostgres();
  if (server) {
    process.env["MILLRACE_TEST_POSTGRES"] = server.url;
    return () => {
      forgetStory();
      server.stop();
    };
  }
  if (process.env["CI"] === "true") throw new Error("Postgres is missing: apt-get install postgresql");
  process.stdout.write("Skipped: the tests that need Postgres (apt-get install postgresql).\n");
  return forgetStory;
}

const forgetStory = (): void => rmSync(storyFolder(process.pid), { recursive: true, force: true });
