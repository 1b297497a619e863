/**
 * A thread for reads that may take long: reports, searches, checks. It reads the last committed state from a connection of its
 * own, beside the writer and beside the thread that answers requests.
 */
import { parentPort, workerData } from "node:worker_threads";
import { must } from "../kernel/errors.ts";
import { pack } from "./failures.ts";
import { openConnection } from "./sqlite-connection.ts";
import type { Answer, Reading } from "./sqlite-messages.ts";

const port = must(parentPort, "the reader runs in a worker thread");
const connection = openConnection((workerData as { file: string }).file, "read");

port.on("message", (asked: Reading) => {
  const { id } = asked;
  try {
    const value = asked.kind === "read" ? connection.execute(asked.sql, asked.params) : connection.close();
    port.postMessage({ id, ok: true, value } satisfies Answer);
  } catch (error) {
    port.postMessage({ id, ok: false, error: pack(error) } satisfies Answer);
  }
  if (asked.kind === "close") port.close();
});
