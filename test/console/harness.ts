import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { chromium } from "playwright-core";
import { openApp } from "../../src/app.ts";
import type { Store } from "../../src/store/index.ts";
import type { Ask, Story } from "./story.ts";
import { type Told, askerOf, importerOf, toldFile, toldOnce } from "./told.ts";
import { type ConsolePage, type Role, type Window, openWindow } from "./window.ts";

/** Debian's Chromium; the suites of the console say that they are skipped without it, and fail where CI=true. */
export const chromiumPath = "/usr/bin/chromium";

export function hasChromium(): boolean {
  if (existsSync(chromiumPath)) return true;
  if (process.env["CI"] === "true") throw new Error("Chromium is missing: apt-get install chromium fonts-noto-cjk");
  process.stdout.write("Skipped: the console's tests need Chromium (apt-get install chromium fonts-noto-cjk).\n");
  return false;
}

/** The story trains two models first; on a busy machine that takes a while. */
export const openingMsMax = 300_000;

export interface Console {
  readonly url: string;
  readonly story: Story;
  /** As a program of the team. */
  readonly ask: Ask;
  /** For what only the command line does. */
  readonly store: Store;
  /** Imports JSON lines from a file of this name; answers the version's id. */
  importAs(fileName: string, dataset: string, lines: string): Promise<string>;
  /** A browser window of its own: cookies, language and theme are nobody else's. */
  open(window?: Window): Promise<ConsolePage>;
  close(): Promise<void>;
}

/** The real server in this process on a free port, over a folder of its own in which the story has happened. */
export async function openConsole(): Promise<Console> {
  const folder = mkdtempSync(path.join(tmpdir(), "millrace-console-"));
  cpSync(await toldOnce(), folder, { recursive: true });
  const { story, operatorKey } = JSON.parse(readFileSync(path.join(folder, toldFile), "utf8")) as Told;
  const app = await openApp(folder, "0.0.0");
  const server = await app.serve({ port: 0 });
  const ask = askerOf(server.url, operatorKey);
  const browser = await chromium.launch({ executablePath: chromiumPath, args: ["--no-sandbox", "--disable-gpu"] });
  const links = signInLinks(ask);
  return {
    url: server.url,
    story,
    ask,
    store: app.store,
    importAs: (fileName, dataset, lines) => importerOf(app.store, fileName)(dataset, lines),
    open: (window = {}) => openWindow(browser, server.url, links, window),
    async close() {
      await browser.close();
      await server.stop();
      await app.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** One person of each role, made when first needed; each call gives a fresh one-time link. */
function signInLinks(ask: Ask): (role: Role) => Promise<string> {
  const people = new Map<Role, Promise<{ readonly id: string }>>();
  return async (role) => {
    const name = role === "owner" ? "Owner" : `A person (${role})`;
    const made =
      people.get(role) ?? ask<{ id: string }>("POST", "/admin/v1/users", { name, email: `${role}@mill.example`, role });
    people.set(role, made);
    const { id } = await made;
    return (await ask<{ url: string }>("POST", `/admin/v1/users/${id}/sign-in-link`, {})).url;
  };
}
