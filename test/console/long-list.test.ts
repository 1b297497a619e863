import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Console, hasChromium, openConsole, openingMsMax } from "./harness.ts";

const rowsInAll = 1_000_000;
const rowsOfPage = 20_000; // as many as no server sends, so that fifty pages are enough

describe.runIf(hasChromium())("a list of a million rows", () => {
  let opened: Console;
  beforeAll(async () => void (opened = await openConsole()), openingMsMax);
  afterAll(() => opened?.close());

  it("is scrolled to its end and back, page by page, and a row that was left comes again", async () => {
    const { page, go, settled, complaints, close } = await opened.open();
    await page.addInitScript(answerInThePage, { rowsInAll, rowsOfPage });
    await go("/settings/audit");
    const grid = page.getByRole("grid");
    const foot = grid.locator("xpath=following-sibling::p");
    const row = (index: number) => grid.locator(`[aria-rowindex="${index + 2}"]`);
    await row(0).getByText("change 0", { exact: true }).waitFor();
    await grid.focus();
    for (let rows = rowsOfPage; rows < rowsInAll; rows += rowsOfPage) {
      await page.keyboard.press("End");
      await foot.getByText(`${(rows + rowsOfPage).toLocaleString("en-US")} rows`).waitFor();
    }
    await page.keyboard.press("End");
    await row(rowsInAll - 1)
      .getByText(`change ${rowsInAll - 1}`, { exact: true })
      .waitFor();
    expect(await grid.getByRole("row").count()).toBeLessThan(80);
    expect(await page.evaluate("window.asked.size")).toBe(rowsInAll / rowsOfPage);

    await page.keyboard.press("PageUp");
    await page.keyboard.press("Home");
    await row(0).getByText("change 0", { exact: true }).waitFor();
    await settled();
    expect(complaints()).toEqual([]);
    await close();
  }, 180_000);
});

/** Runs in the page: what the server would answer, without the time that it takes to carry it there. */
function answerInThePage(size: { readonly rowsInAll: number; readonly rowsOfPage: number }): void {
  const asked = new Set<number>();
  Object.assign(globalThis, { asked });
  const really = globalThis.fetch;
  globalThis.fetch = (input, init) => {
    const url = new URL(typeof input === "string" ? input : "", location.href);
    if (url.pathname !== "/admin/v1/audit-events") return really(input, init);
    const first = Number(url.searchParams.get("cursor") ?? 0);
    asked.add(first);
    const data = Array.from({ length: size.rowsOfPage }, (_, i) => ({
      id: `aud_${first + i}`,
      actor: { kind: "user", id: null, name: "an owner" },
      action: `change ${first + i}`,
      object_id: null,
      address: "127.0.0.1",
      status: 200,
      at_ms: 1_790_000_000_000,
    }));
    const next = first + size.rowsOfPage;
    const page = { data, next_cursor: next < size.rowsInAll ? String(next) : null };
    return Promise.resolve(Object.assign(new Response(), { json: () => Promise.resolve(page) }));
  };
}
