import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Browser, type Page, chromium } from "playwright-core";
import axe from "axe-core";
import { openApp } from "../../src/app.ts";
import { initFolder } from "../../src/config.ts";
import { importFiles } from "../../src/data/index.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import type { Store } from "../../src/store/index.ts";
import { storyFolder } from "./story-folder.ts";
import { type Ask, type Story, type Teller, tellStory } from "./story.ts";

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

/**
 * Which windows a page is looked at in: in turn one of them, so that each page and each window has its look in a test run;
 * all with `MILLRACE_EVERY_WINDOW=1`.
 */
export function windowsOf(page: number, windows: readonly Window[]): readonly Window[] {
  if (process.env["MILLRACE_EVERY_WINDOW"] === "1") return windows;
  return windows.filter((_, at) => at === page % windows.length);
}

export type Role = "owner" | "engineer" | "analyst" | "reviewer" | "finance" | "read_only";

export interface Console {
  readonly url: string;
  readonly story: Story;
  /** As a program of the team. */
  readonly ask: Ask;
  /** A browser window of its own: cookies, language and theme are nobody else's. */
  open(window?: Window): Promise<ConsolePage>;
  close(): Promise<void>;
}

export interface Window {
  /** Who is signed in, by a one-time link; nobody with null. The owner when left out. */
  readonly role?: Role | null;
  readonly language?: "en" | "zh";
  readonly theme?: "light" | "dark";
  readonly width?: 375 | 1280;
}

export interface ConsolePage {
  readonly page: Page;
  /** Goes to a page of the console and waits until it shows its heading and asks for nothing more. */
  go(at: string): Promise<void>;
  /** What the browser complained of since the last call: errors, refused styles and scripts, failed requests. */
  complaints(): readonly string[];
  /** What axe finds wrong with what is shown now, by WCAG 2.2 AA; in one line each. */
  barriers(): Promise<readonly string[]>;
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
    open: (window = {}) => openWindow(browser, server.url, links, window),
    async close() {
      await browser.close();
      await server.stop();
      await app.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

interface Told {
  readonly story: Story;
  readonly operatorKey: string;
}

const toldFile = "story.json";

/** A folder in which the story has happened: told once for all suites of a test run, which `test/setup.ts` removes. */
async function toldOnce(): Promise<string> {
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

/** Imports rows as `millrace dataset import` does. */
function importerOf(store: Store): Teller["importMails"] {
  return async (dataset, lines) => {
    const file = path.join(store.folder, "mails.jsonl");
    writeFileSync(file, lines);
    const fields = { input: "input", label: "label" };
    const { version } = await importFiles({ store, clock: systemClock }, { dataset, path: file, ...fields });
    return version.id;
  };
}

function askerOf(url: string, operatorKey: string): Ask {
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

async function openWindow(
  browser: Browser,
  url: string,
  links: (role: Role) => Promise<string>,
  { role = "owner", language = "en", theme = "light", width = 1280 }: Window,
): Promise<ConsolePage> {
  const context = await browser.newContext({
    viewport: { width, height: width === 375 ? 760 : 860 },
    locale: language === "zh" ? "zh-CN" : "en-US",
    colorScheme: theme,
    reducedMotion: "reduce",
    baseURL: url,
  });
  const page = await context.newPage();
  const complaints = listen(page);
  const opened: ConsolePage = {
    page,
    async go(at) {
      await page.goto(at);
      await settled(page);
    },
    complaints: () => complaints.splice(0),
    barriers: () => barriersOf(page),
    close: () => context.close(),
  };
  if (role) {
    await opened.go(await links(role));
    await page.waitForURL(`${url}/`);
    await settled(page);
  }
  return opened;
}

/** A heading is there and the network is quiet. */
async function settled(page: Page): Promise<void> {
  await page.locator("h1").first().waitFor();
  await page.waitForLoadState("networkidle");
}

function listen(page: Page): string[] {
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  return complaints;
}

const standards = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

async function barriersOf(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source); // by the debugger, which the page's policy does not bind
  const violations = await page.evaluate(async (values) => {
    const { axe } = globalThis as unknown as { axe: { run(options: object): Promise<{ violations: Violation[] }> } };
    interface Violation {
      id: string;
      help: string;
      nodes: { html: string; failureSummary?: string }[];
    }
    return (await axe.run({ runOnly: { type: "tag", values } })).violations;
  }, standards);
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${help}: ${html.slice(0, 160)} ${failureSummary ?? ""}`),
  );
}
