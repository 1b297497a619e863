import { setPriority } from "node:os";
import { systemClock } from "../../kernel/clock.ts";
import { openStore } from "../../store/index.ts";
import { inChild } from "../../tensor/index.ts";
import { conservation } from "./conservation.ts";
import { type ExamineProgress, examine } from "./examine.ts";
import type { Examination, ExamineInput } from "./examinations.ts";

const politeness = 10; // of 19: who asks for an answer comes first

/** The process that examines. */
inChild<ExamineInput, Examination, ExamineProgress>(async ({ input: { folder, databaseUrl, nowMs }, progress }) => {
  setPriority(politeness);
  const store = await openStore({ folder, databaseUrl, clock: systemClock });
  const checks = await examine(store, nowMs, progress);
  return { examinedAtMs: nowMs, checks, counts: await conservation(store) };
});
