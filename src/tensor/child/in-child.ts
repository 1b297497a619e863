import { Refusal } from "../../kernel/errors.ts";
import { heartbeatMs, type ToChild, type ToParent } from "./messages.ts";

export interface ChildTask<Input, Progress> {
  readonly input: Input;
  /** Tells the parent; also a sign of life. */
  readonly progress: (progress: Progress) => void;
}

/**
 * The whole content of a child's entry module: waits for the input, works, answers. When the parent is gone, so is the
 * child, at the next turn of its event loop. Does nothing in a process that has no parent of this kind.
 */
export function inChild<Input, Output, Progress = never>(
  work: (task: ChildTask<Input, Progress>) => Promise<Output>,
): void {
  if (!process.send) return;
  const send = (message: ToParent): void => void process.send?.(message, undefined, undefined, () => undefined);
  process.on("disconnect", () => process.exit(1));
  setInterval(() => send({ is: "alive" }), heartbeatMs); // also keeps the process alive until the parent ends it
  process.once("message", (message: ToChild) => {
    const task = {
      input: message.input as Input,
      progress: (progress: Progress) => send({ is: "progress", progress }),
    };
    work(task).then(
      (output) => send({ is: "result", output }),
      (error: unknown) => send(failure(error)),
    );
  });
  send({ is: "ready" });
}

function failure(error: unknown): ToParent {
  if (error instanceof Refusal) {
    return { is: "refused", code: error.code, message: error.message, details: error.details };
  }
  return { is: "failed", message: error instanceof Error ? error.message : String(error) };
}
