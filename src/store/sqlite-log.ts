import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { compiledUrl } from "../kernel/compiled.ts";
import { limits } from "../kernel/limits.ts";
import type { Asked, Moved } from "./sqlite-checkpointer.ts";
import type { Connection } from "./sqlite-connection.ts";

/**
 * The write-ahead log, seen from the writer. SQLite by itself lets the writer move the log into the database file at every
 * thousandth page, and all who commit wait for that (10 to 90 ms here). A process that writes much has a thread for it; when
 * the log is long and all but its end was moved, the writer begins it anew, which is then short.
 */
export interface Log {
  /** After each commit, when no transaction is open. */
  committed(): void;
  close(): Promise<void>;
}

export interface LogRhythm {
  /** Commits between two rounds of the thread, at the most: fewer when each is large. */
  readonly moveCommits: number;
  /** Pages in the log from which on it is begun anew. */
  readonly pagesMax: number;
}

const rhythmOfLimits: LogRhythm = { moveCommits: limits.logMoveCommits, pagesMax: limits.logPagesMax };

export function openLog(file: string, connection: Connection, rhythm: LogRhythm = rhythmOfLimits): Log {
  let pages = 0;
  let commitsInLog = 0;
  let commitsSinceMove = 0;
  let moveAfter = Math.ceil(rhythm.moveCommits / 10); // until it is known how large a commit is
  let isMoving = false;
  let worker: Worker | undefined;
  const byItself = (is: boolean): void =>
    connection.script(`pragma wal_autocheckpoint = ${is ? limits.logPagesByItself : 0}`);
  const start = (): Worker => {
    const started = new Worker(new URL("./sqlite-checkpointer.js", compiledUrl(import.meta.url)), {
      workerData: { file },
    });
    started.unref();
    started.on("message", (moved: Moved) => {
      byItself(false);
      isMoving = false;
      pages = moved.pages;
      const pagesPerCommit = Math.max(1, pages / Math.max(1, commitsInLog));
      moveAfter = Math.min(rhythm.moveCommits, Math.ceil(rhythm.pagesMax / 4 / pagesPerCommit));
    });
    started.on("error", () => {
      isMoving = false;
      worker = undefined; // SQLite does it again, and the next round tries a thread again
      byItself(true);
    });
    return started;
  };
  return {
    committed() {
      commitsInLog++;
      commitsSinceMove++;
      // While the thread moves, the log cannot be begun anew, and rounds that wait in a row would keep it so for ever.
      if (isMoving || commitsSinceMove < moveAfter) return;
      if (pages >= rhythm.pagesMax) {
        // Whoever reads an old state keeps it from beginning anew: then not now, nobody is kept waiting for that.
        connection.script("pragma busy_timeout = 0; pragma wal_checkpoint(restart); pragma busy_timeout = 10000");
        pages = 0;
        commitsInLog = 0;
      }
      commitsSinceMove = 0;
      isMoving = true;
      worker ??= start();
      worker.postMessage("move" satisfies Asked);
    },
    async close() {
      if (!worker) return;
      const ended = once(worker, "exit");
      worker.postMessage("close" satisfies Asked);
      await ended;
    },
  };
}
