import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { compiledUrl } from "../../kernel/compiled.ts";
import { Refusal, unreachable } from "../../kernel/errors.ts";
import { limits } from "../../kernel/limits.ts";
import type { ToChild, ToParent } from "./messages.ts";

export interface RunInChildOptions<Input, Progress> {
  /** The module that calls `inChild`; written as source, its compiled twin runs. */
  readonly entry: URL;
  /** Passed by structured clone, again to each restarted child. */
  readonly input: Input;
  readonly onProgress?: (progress: Progress) => void;
  /** Called when a child died or fell silent and another takes its place. */
  readonly onRestart?: (reason: string) => void;
  /** A child that says nothing for longer is killed and started again. Default 60 s. */
  readonly silenceMsMax?: number;
  /** Default 3. */
  readonly restartsMax?: number;
  readonly signal?: AbortSignal;
}

type Ending =
  | { readonly is: "done"; readonly output: unknown }
  | { readonly is: "error"; readonly error: Error }
  | { readonly is: "lost"; readonly reason: string };

/**
 * Runs `entry` in a child process and resolves with its result. A refusal thrown there is thrown here with its code, any
 * other error as a plain one. A child that crashes, is killed or falls silent is started again with the same input, up
 * to `restartsMax` times: work that keeps checkpoints continues. Abort kills the child and refuses with `cancelled`.
 * When the promise settles, the child is gone.
 */
export async function runInChild<Input, Output, Progress = never>(
  options: RunInChildOptions<Input, Progress>,
): Promise<Output> {
  const { restartsMax = 3, signal } = options;
  for (let restarts = 0; ; restarts++) {
    if (signal?.aborted) throw cancelled();
    const ending = await runOnce(options);
    if (ending.is === "done") return ending.output as Output;
    if (ending.is === "error") throw ending.error;
    if (restarts === restartsMax) {
      const times = restarts === 0 ? "" : ` after ${restarts} restart${restarts === 1 ? "" : "s"}`;
      throw new Error(`The child process was lost${times}: ${ending.reason}.`);
    }
    options.onRestart?.(ending.reason);
  }
}

function runOnce<Input, Progress>(options: RunInChildOptions<Input, Progress>): Promise<Ending> {
  const { entry, input, onProgress, signal, silenceMsMax = limits.trainingSilenceMsMax } = options;
  const child = fork(fileURLToPath(compiledUrl(entry)), {
    execArgv: [],
    serialization: "advanced",
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  const lastWords = tailOf(child);
  return new Promise((resolve) => {
    let ending: Ending | undefined; // decided before the child is gone
    const end = (decided: Ending): void => {
      ending ??= decided;
      child.kill("SIGKILL");
    };
    const silence = setTimeout(() => end({ is: "lost", reason: `it was silent for ${silenceMsMax} ms` }), silenceMsMax);
    const abort = (): void => end({ is: "error", error: cancelled() });
    signal?.addEventListener("abort", abort, { once: true });

    child.on("message", (message: ToParent) => {
      silence.refresh();
      switch (message.is) {
        case "ready":
          send(child, { is: "start", input });
          break;
        case "alive":
          break;
        case "progress":
          onProgress?.(message.progress as Progress);
          break;
        case "result":
          end({ is: "done", output: message.output });
          break;
        case "refused":
          end({ is: "error", error: new Refusal(message.code, message.message, message.details) });
          break;
        case "failed":
          end({ is: "error", error: new Error(message.message) });
          break;
        default:
          unreachable(message);
      }
    });
    const gone = (reason: string): void => {
      clearTimeout(silence);
      signal?.removeEventListener("abort", abort);
      resolve(ending ?? { is: "lost", reason });
    };
    child.once("error", (error) => gone(`it did not start (${error.message})`));
    child.once("close", (code, killedBy) => {
      const how = killedBy ? `it was killed by ${killedBy}` : `it ended with code ${code ?? "none"}`;
      const words = lastWords();
      gone(words === "" ? how : `${how} (${words})`);
    });
  });
}

const cancelled = (): Refusal => new Refusal("cancelled", "The child process was cancelled.");

/** A child that is gone already is noticed by its exit. */
function send(child: ChildProcess, message: ToChild): void {
  child.send(message, () => undefined);
}

/** The error line of what the child last wrote to stderr, for the sentence that says why it was lost. */
function tailOf(child: ChildProcess): () => string {
  let tail = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    tail = (tail + chunk.toString()).slice(-4_000);
  });
  return () =>
    tail
      .split("\n")
      .findLast((line) => /error/i.test(line))
      ?.trim() ?? "";
}
