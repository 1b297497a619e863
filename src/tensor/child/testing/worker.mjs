// A child for run-in-child.test.ts: plain JavaScript, because children run the compiled code.
import { setTimeout as wait } from "node:timers/promises";
import { Refusal } from "../../../../dist/kernel/errors.js";
import { inChild } from "../../../../dist/tensor/child/in-child.js"; // not the index: starts in a third of the time

inChild(async ({ input, progress }) => {
  switch (input.do) {
    case "echo":
      progress({ pid: process.pid });
      return { got: input.value, pid: process.pid };
    case "refuse":
      throw new Refusal("conflict", "Not like this.", { hint: "Like that." });
    case "fail":
      throw new Error("the worker broke");
    case "crash":
      process.exit(3);
      break;
    case "throwOutside":
      setImmediate(() => {
        throw new Error("outside of any promise");
      });
      return wait(60_000);
    case "hang":
      progress({ pid: process.pid });
      for (;;); // blocks its event loop: no sign of life
    case "wait":
      progress({ pid: process.pid });
      return wait(600_000);
    default:
      throw new Error(`unknown task ${input.do}`);
  }
});
