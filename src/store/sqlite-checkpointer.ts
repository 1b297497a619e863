/**
 * The thread that moves what is committed from the log into the database file. It waits for the disk beside the writer,
 * which would else keep everybody waiting who commits meanwhile. See `sqlite-log.ts`.
 */
import { parentPort, workerData } from "node:worker_threads";
import { must } from "../kernel/errors.ts";
import { openConnection } from "./sqlite-connection.ts";

/** What the writer asks, and the answer to the first: pages in the log, moved or not. */
export type Asked = "move" | "close";
export interface Moved {
  readonly pages: number;
}

const port = must(parentPort, "the checkpointer runs in a worker thread");
const connection = openConnection((workerData as { file: string }).file, "write");

port.on("message", (asked: Asked) => {
  if (asked === "move") {
    const [row] = connection.execute("pragma wal_checkpoint(passive)", []).rows;
    port.postMessage({ pages: Number(row?.["log"] ?? 0) } satisfies Moved);
  } else {
    connection.close();
    port.close();
  }
});
