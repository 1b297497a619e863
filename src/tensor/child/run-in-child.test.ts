import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { Refusal } from "../../kernel/errors.ts";
import { runInChild } from "./run-in-child.ts";

const worker = new URL("./testing/worker.mjs", import.meta.url);
const trainer = new URL("./testing/trainer.mjs", import.meta.url);

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};
const failureOf = (run: Promise<unknown>): Promise<unknown> =>
  run.then(
    () => "no failure",
    (error: unknown) => error,
  );

describe("runInChild", () => {
  test("passes values both ways by structured clone, and the child is gone afterwards", async () => {
    const value = { floats: Float32Array.of(1, 2), map: new Map([["a", 1n]]) };
    const seen: number[] = [];
    const output = await runInChild<object, { got: unknown; pid: number }, { pid: number }>({
      entry: worker,
      input: { do: "echo", value },
      onProgress: ({ pid }) => void seen.push(pid),
    });
    expect(output.got).toEqual(value);
    expect(seen).toEqual([output.pid]);
    expect(isAlive(output.pid)).toBe(false);
  });

  test("a refusal arrives with its code and hint, without a restart", async () => {
    const restarts: string[] = [];
    const error = await failureOf(
      runInChild({ entry: worker, input: { do: "refuse" }, onRestart: (reason) => void restarts.push(reason) }),
    );
    expect(error).toBeInstanceOf(Refusal);
    expect(error).toMatchObject({ code: "conflict", message: "Not like this.", details: { hint: "Like that." } });
    expect(restarts).toEqual([]);
  });

  test("any other error arrives as one sentence", async () => {
    expect(await failureOf(runInChild({ entry: worker, input: { do: "fail" } }))).toMatchObject({
      message: "the worker broke",
    });
  });

  test("a crash is tried again a bounded number of times", async () => {
    const restarts: string[] = [];
    const error = await failureOf(
      runInChild({
        entry: worker,
        input: { do: "crash" },
        restartsMax: 2,
        onRestart: (reason) => void restarts.push(reason),
      }),
    );
    expect(restarts).toEqual(["it ended with code 3", "it ended with code 3"]);
    expect(error).toMatchObject({ message: "The child process was lost after 2 restarts: it ended with code 3." });
  });

  test("the sentence carries the child's own error line", async () => {
    const error = await failureOf(runInChild({ entry: worker, input: { do: "throwOutside" }, restartsMax: 0 }));
    expect(error).toMatchObject({
      message: "The child process was lost: it ended with code 1 (Error: outside of any promise).",
    });
  });

  test("a silent child is killed", async () => {
    let pid = 0;
    const error = await failureOf(
      runInChild<object, never, { pid: number }>({
        entry: worker,
        input: { do: "hang" },
        silenceMsMax: 2_500,
        restartsMax: 0,
        onProgress: (progress) => (pid = progress.pid),
      }),
    );
    expect(error).toMatchObject({ message: "The child process was lost: it was silent for 2500 ms." });
    expect(pid).toBeGreaterThan(0);
    expect(isAlive(pid)).toBe(false);
  });

  test("abort kills the child", async () => {
    const stop = new AbortController();
    let pid = 0;
    const error = await failureOf(
      runInChild<object, never, { pid: number }>({
        entry: worker,
        input: { do: "wait" },
        signal: stop.signal,
        onProgress: (progress) => ((pid = progress.pid), stop.abort()),
      }),
    );
    expect(error).toMatchObject({ code: "cancelled" });
    expect(isAlive(pid)).toBe(false);
    expect(await failureOf(runInChild({ entry: worker, input: {}, signal: stop.signal }))).toMatchObject({
      code: "cancelled",
    });
  });

  test("a trainer killed in the middle continues from its checkpoint to the identical result", async () => {
    const folder = await mkdtemp(join(tmpdir(), "millrace-child-"));
    const train = async (name: string, dieAt: number) => {
      const steps: number[] = [];
      const restarts: string[] = [];
      const input = { checkpoint: join(folder, `${name}.ckpt`), mark: join(folder, `${name}.died`), dieAt };
      const output = await runInChild<typeof input, object, { step: number }>({
        entry: trainer,
        input,
        onProgress: ({ step }) => void steps.push(step),
        onRestart: (reason) => void restarts.push(reason),
      });
      return { output, steps, restarts };
    };
    const [whole, killed] = [await train("whole", -1), await train("killed", 11)];
    await rm(folder, { recursive: true });
    expect(whole).toMatchObject({ restarts: [], output: { steps: 20 } });
    expect(killed.restarts).toEqual(["it was killed by SIGKILL"]);
    expect(killed.output).toEqual(whole.output);
    expect(killed.steps.filter((step) => step === 10)).toHaveLength(2); // saved after step 9, so 10 and 11 ran twice
    expect(killed.steps.filter((step) => step === 9)).toHaveLength(1);
  });

  test("a child does not outlive a killed parent", async () => {
    const parent = spawn(process.execPath, [fileURLToPath(new URL("./testing/parent.mjs", import.meta.url)), "wait"]);
    const [line] = (await once(parent.stdout, "data")) as [Buffer];
    const { pid } = JSON.parse(line.toString()) as { pid: number };
    expect(isAlive(pid)).toBe(true);
    parent.kill("SIGKILL");
    for (let waited = 0; waited < 5_000 && isAlive(pid); waited += 50) await wait(50);
    expect(isAlive(pid)).toBe(false);
  });
});
