import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { makeEmptyPostgres, makeEmptySqlite, startPostgres } from "../src/store/testing/engines.ts";

/**
 * Child processes and worker threads run the compiled code, so every test run starts from a fresh build; type errors
 * are the business of `npm run check`, what matters here is that code was written. And a Postgres server of our own.
 */
export async function setup(): Promise<() => void> {
  const folder = ownFolder();
  spawnSync("npx", ["tsc", "-p", "tsconfig.build.json"], { stdio: "ignore" });
  spawnSync(process.execPath, ["web/build.js"], { stdio: "inherit" });
  if (!existsSync(new URL("../dist/kernel/ids.js", import.meta.url))) {
    throw new Error("The build wrote nothing into dist/: run `npm run build` and read its errors.");
  }
  makeEmptySqlite(folder);
  const server = startPostgres();
  if (server) {
    process.env["MILLRACE_TEST_POSTGRES"] = server.url;
    await makeEmptyPostgres(server.url);
  } else {
    if (process.env["CI"] === "true") throw new Error("Postgres is missing: apt-get install postgresql");
    process.stdout.write("Skipped: the tests that need Postgres (apt-get install postgresql).\n");
  }
  return () => {
    server?.stop();
    rmSync(folder, { recursive: true, force: true });
  };
}

const memoryBytesMin = 4e9;

/**
 * Where all temporary folders of the run lie. Thousands of data folders are made and written through to the disk; where the
 * machine has a file system in memory with room, they lie there: what a killed process had written is still there, as on a disk.
 */
function ownFolder(): string {
  const memory = "/dev/shm";
  const place =
    process.platform === "linux" && existsSync(memory) && freeBytes(memory) > memoryBytesMin ? memory : tmpdir();
  const folder = mkdtempSync(`${place}/millrace-test-`);
  chmodSync(folder, 0o755); // Postgres runs as a user of its own where we are root
  process.env["TMPDIR"] = folder;
  return folder;
}

function freeBytes(place: string): number {
  const { bavail, bsize } = statfsSync(place);
  return bavail * bsize;
}
