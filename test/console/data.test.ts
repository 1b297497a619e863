import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Console, hasChromium, openConsole } from "./harness.ts";
import { lookAt, takenTitle } from "./look.ts";

const attack = `<img src=x onerror="document.title='${takenTitle}'"><script>document.title='${takenTitle}'</script> letter`;

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
    expect(await page.title()).not.toBe(takenTitle);
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Changes" }).click();
    await page.getByText("The test split is the same", { exact: false }).waitFor();
    await page.getByRole("button", { name: "Doubtful labels" }).click();
    await page.getByRole("button", { name: "Look for wrong labels" }).click();
    await page.getByText(/doubtful labels? among/).waitFor();
    expect(opened.complaints()).toEqual([]);
    await opened.close();
  });

  it("its views have no barrier and no complaint", async () => {
    const found = await lookAt(
      console_,
      [
        ["data-datasets", "/data"],
        ["data-dataset", `/data/${console_.story.dataset}`],
        ["data-examples", `/data/versions/${version}`],
        ["data-changes", `/data/versions/${version}?tab=changes`],
        ["data-near", `/data/versions/${version}?tab=near`],
        ["data-doubts", `/data/versions/${version}?tab=doubts`],
      ],
      { role: "analyst" },
    );
    expect(found).toEqual([]);
  });
});
