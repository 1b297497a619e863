import { readFileSync } from "node:fs";
import { openApp } from "./app.ts";
import { type CliDeps, commands, runCli, systemTerminal } from "./cli/index.ts";
import { isWorker, leaveWorkers } from "./workers.ts";
import { dataFolder, initFolder } from "./config.ts";

/** The `millrace` command. */

const interrupted = new AbortController();
const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string };

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    if (isWorker()) {
      if (signal === "SIGTERM") interrupted.abort(); // who stops the group may say it twice
      return;
    }
    if (interrupted.signal.aborted) process.exit(130); // asked twice: leave at once
    interrupted.abort();
  });
}
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0); // the reader, `head` say, has seen enough
  throw error;
});

const deps: CliDeps = {
  terminal: systemTerminal(process.stdout, process.stderr, process.stdin),
  commands,
  signal: interrupted.signal,
  version: manifest.version,
  world(flag) {
    const folder = dataFolder(flag);
    return { folder, init: () => initFolder(folder), open: () => openApp(folder, manifest.version) };
  },
};

process.exitCode = await runCli(process.argv.slice(2), deps);
leaveWorkers();
