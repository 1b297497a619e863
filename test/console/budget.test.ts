import { readFileSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Console, hasChromium, openConsole, openingMsMax } from "./harness.ts";

const dist = path.resolve(import.meta.dirname, "../../web/dist");
const firstLoadBytesMax = 250_000;
const interactiveMsMax = 1_000;

describe.runIf(hasChromium())("the console's budget", () => {
  let opened: Console;
  beforeAll(async () => void (opened = await openConsole()), openingMsMax);
  afterAll(() => opened?.close());

  it("loads home with at most 250 kB, and no chart", async () => {
    const { page, go, close } = await opened.open();
    const asked: string[] = [];
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    await go("/");
    const files = [...new Set(asked)].filter((name) => name.startsWith("/assets/") || name.endsWith(".js"));
    const bytes = files.map((name) => [name, gzipSync(readFileSync(path.join(dist, name))).length] as const);
    const total = bytes.reduce((sum, [, size]) => sum + size, 0);
    expect(files.length).toBeGreaterThan(2);
    expect(total, JSON.stringify(bytes)).toBeLessThan(firstLoadBytesMax);
    expect(files.filter((name) => /echarts|uplot|chart/i.test(name))).toEqual([]);
    await close();
  });

  it("sends the browser nothing from elsewhere", () => {
    const files = readdirSync(path.join(dist, "assets")).map((name) => path.join(dist, "assets", name));
    expect(files.filter((file) => statSync(file).size === 0)).toEqual([]);
    const html = readFileSync(path.join(dist, "index.html"), "utf8");
    expect(html).not.toMatch(/(src|href)="https?:/);
    expect(html).not.toMatch(/<style|<script(?![^>]*src=)/);
  });

  it("shows home in a second once its files are here", async () => {
    const { page, go, close } = await opened.open();
    await go("/");
    const tookMs = await page.evaluate(async () => {
      const began = performance.now();
      history.pushState({}, "", "/nowhere");
      dispatchEvent(new PopStateEvent("popstate"));
      history.back();
      while (!document.querySelector("ol li strong")) await new Promise((resolve) => requestAnimationFrame(resolve));
      return performance.now() - began;
    });
    expect(tookMs).toBeLessThan(interactiveMsMax);
    await close();
  });
});
