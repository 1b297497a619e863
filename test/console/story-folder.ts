import { tmpdir } from "node:os";
import path from "node:path";

/** Where the suites of one test run keep the folder in which the story has happened: its threads share a process. */
export const storyFolder = (pid: number): string => path.join(tmpdir(), `millrace-story-${pid}`);
