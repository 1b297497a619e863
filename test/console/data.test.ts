import { mkdirSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Console, type Window, hasChromium, openConsole } from "./harness.ts";

const shots = path.resolve(import.meta.dirname, "../../web/shots");
const attack = `<img src=x onerror="document.title='attacked'"><script>document.title='attacked'</script> letter`;

describe.runIf(hasChromium())("the data pages", { timeout: 240_000 }, () => {
  let console_: Console;
  let version = "";
  beforeAll(async () => {
    console_ = await openConsole();
    const made = await console_.ask<{ id: string }>("POST", `/admin/v1/datasets/${console_.story.dataset}/versions`, {
      examples: [
        { input: attack, label: "spam" },
        { input: "Write to jane@example.com about the garden", label: "ham" },
      ],
      note: "two letters by hand",
    });
    version = made.id;
  }, 240_000);
  afterAll(() => console_?.close());

  it("an analyst finds an example by its words, sees what changed, and looks for wrong labels", async () => {
    const opened = await console_.open({ role: "analyst" });
    const { page } = opened;
    await opened.go("/data");
    await page.getByRole("gridcell", { name: "mails" }).click();
    await page.getByRole("gridcell", { name: "two letters by hand" }).click();
    await page.getByRole("textbox", { name: "Search the examples" }).fill("ONERROR");
    await page.getByText("1 row", { exact: true }).waitFor();
    await page.getByRole("gridcell", { name: /onerror/ }).click();
    const drawer = page.getByRole("dialog");
    await drawer.getByText("two letters by hand").waitFor();
    expect(await drawer.textContent()).toContain("<script>");
    expect(await page.title()).not.toBe("attacked");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Changes" }).click();
    await page.getByText("The test split is the same", { exact: false }).waitFor();
    await page.getByRole("button", { name: "Doubtful labels" }).click();
    await page.getByRole("button", { name: "Look for wrong labels" }).click();
    await page.getByText(/doubtful labels? among/).waitFor();
    expect(opened.complaints()).toEqual([]);
    await opened.close();
  });

  const windows: readonly Window[] = [
    { role: "analyst", language: "en", theme: "light", width: 1280 },
    { role: "analyst", language: "zh", theme: "dark", width: 375 },
  ];
  it.each(windows.map((window) => [window.language, window] as const))(
    "in %s: no barrier, no complaint on any view",
    async (language, window) => {
      const opened = await console_.open(window);
      const views: readonly [name: string, at: string][] = [
        ["datasets", "/data"],
        ["dataset", `/data/${console_.story.dataset}`],
        ["examples", `/data/versions/${version}`],
        ["changes", `/data/versions/${version}?tab=changes`],
        ["near", `/data/versions/${version}?tab=near`],
        ["doubts", `/data/versions/${version}?tab=doubts`],
      ];
      mkdirSync(shots, { recursive: true });
      for (const [name, at] of views) {
        await opened.go(at);
        expect([name, await opened.barriers()]).toEqual([name, []]);
        expect([name, opened.complaints()]).toEqual([name, []]);
        await opened.page.screenshot({ path: path.join(shots, `data-${name}-${language}.png`), fullPage: true });
      }
      await opened.close();
    },
  );
});
