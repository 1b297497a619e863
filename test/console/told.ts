import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { openApp } from "../../src/app.ts";
import { initFolder } from "../../src/config.ts";
import { importFiles } from "../../src/data/index.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import type { Store } from "../../src/store/index.ts";
import { storyFolder } from "./story-folder.ts";
import { type Ask, type Story, type Teller, tellStory } from "./story.ts";

export interface Told {
  readonly story: Story;
  readonly operatorKey: string;
}

export const toldFile = "story.json";

/** A folder in which the story has happened: told once for all suites of a test run, which `test/setup.ts` removes. */
export async function toldOnce(): Promise<string> {
  const folder = storyFolder(process.pid);
  const told = path.join(folder, toldFile);
  try {
    mkdirSync(folder); // whoever makes it tells the story; the others wait for it
  } catch {
    while (!existsSync(told)) await new Promise((resolve) => setTimeout(resolve, 100));
    return folder;
  }
  initFolder(folder);
  writeFileSync(path.join(folder, "millrace.json"), JSON.stringify({ log_level: "silent" }));
  const app = await openApp(folder, "0.0.0");
  const server = await app.serve({ port: 0 });
  const operatorKey = (await app.createOperatorKey("story")).reveal();
  const ask = askerOf(server.url, operatorKey);
  const story = await tellStory({ ask, importMails: importerOf(app.store) });
  await server.stop();
  await app.close();
  writeFileSync(told, JSON.stringify({ story, operatorKey } satisfies Told));
  return folder;
}

/** Imports rows as `millrace dataset import` does, from a file of this name. */
export function importerOf(store: Store, name = "mails.jsonl"): Teller["importMails"] {
  return async (dataset, lines) => {
    const file = path.join(store.folder, name);
    writeFileSync(file, lines);
    const { version } = await importFiles({ store, clock: systemClock }, { dataset, path: file });
    return version.id;
  };
}

export function askerOf(url: string, operatorKey: string): Ask {
  return async <T>(method: "GET" | "POST", at: string, body?: unknown, secret = operatorKey): Promise<T> => {
    const response = await fetch(`${url}${at}`, {
      method,
      headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
      ...(method === "POST" ? { body: JSON.stringify(body ?? {}) } : {}),
    });
    const answer = (await response.json()) as T;
    if (!response.ok) throw new Error(`${method} ${at}: ${JSON.stringify(answer)}`);
    return answer;
  };
}
