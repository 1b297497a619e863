import { mkdirSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Console, type Window, hasChromium, openConsole } from "./harness.ts";

const shots = path.resolve(import.meta.dirname, "../../web/shots");

describe.runIf(hasChromium())("the shell", () => {
  let console_: Console;
  beforeAll(async () => void (console_ = await openConsole()));
  afterAll(() => console_?.close());

  const pages: readonly [name: string, at: string, role: Window["role"]][] = [
    ["home", "/", "owner"],
    ["not-found", "/nowhere", "owner"],
    ["sign-in", "/", null],
    ["enter", "/enter", null],
  ];
  const windows: readonly Window[] = [
    { language: "en", theme: "light", width: 1280 },
    { language: "zh", theme: "dark", width: 375 },
  ];
  const rows = pages.flatMap(([name, at, role]) =>
    windows.map(
      (window) => [name, window.language ?? "en", { at, window: { ...window, role: role ?? null } }] as const,
    ),
  );
  it.each(rows)("%s in %s: no barrier, no complaint", async (name, language, { at, window }) => {
    const opened = await console_.open(window);
    await opened.go(at);
    expect(await opened.barriers()).toEqual([]);
    expect(opened.complaints()).toEqual([]);
    mkdirSync(shots, { recursive: true });
    await opened.page.screenshot({ path: path.join(shots, `${name}-${language}.png`) });
    await opened.close();
  });
});
