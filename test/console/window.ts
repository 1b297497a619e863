import type { Browser, BrowserContext, Page, Request } from "playwright-core";
import { barriersOf } from "./barriers.ts";

export type Role = "owner" | "engineer" | "analyst" | "reviewer" | "finance" | "read_only";

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
  /** Waits until a heading is shown and nothing is asked for any more. */
  settled(): Promise<void>;
  /** What the browser complained of since the last call: errors, refused styles and scripts, failed requests. */
  complaints(): readonly string[];
  /** What axe finds wrong with what is shown now, by WCAG 2.2 AA; in one line each. */
  barriers(): Promise<readonly string[]>;
  close(): Promise<void>;
}

export async function openWindow(
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
  const settled = settler(page);
  const opened: ConsolePage = {
    page,
    async go(at) {
      await page.goto(at);
      await settled();
    },
    settled,
    complaints: () => complaints.splice(0),
    barriers: () => barriersOf(page),
    close: () => context.close(),
  };
  if (role) await signIn(context, await links(role));
  return opened;
}

/** Uses the link up without its page, which has a test of its own. */
async function signIn(context: BrowserContext, link: string): Promise<void> {
  const token = new URL(link).hash.slice(1);
  const headers = { "x-millrace-request": "1", origin: new URL(link).origin };
  const answer = await context.request.post("/auth/v1/sign-in-links/use", { data: { token }, headers });
  if (!answer.ok()) throw new Error(`The link to sign in: ${await answer.text()}`);
}

/** Counts what a page asks for. Quiet is: all is answered, and what was drawn from the answers asks for nothing new. */
function settler(page: Page): () => Promise<void> {
  const asked = new Set<Request>();
  page.on("request", (request) => {
    if (request.resourceType() !== "eventsource") asked.add(request); // a stream is never answered whole
  });
  page.on("requestfinished", (request) => asked.delete(request));
  page.on("requestfailed", (request) => asked.delete(request));
  return async () => {
    await page.locator("h1").first().waitFor();
    for (let quiet = 0; quiet < framesOfQuiet; quiet = asked.size === 0 ? quiet + 1 : 0) {
      await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
    }
  };
}

const framesOfQuiet = 4;

function listen(page: Page): string[] {
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  return complaints;
}
