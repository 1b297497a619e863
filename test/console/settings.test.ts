import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Console, hasChromium, openConsole, openingMsMax } from "./harness.ts";
import { lookAt, shotOf, takenTitle } from "./look.ts";

describe.runIf(hasChromium())("settings and channels in the console", () => {
  let opened: Console;
  beforeAll(async () => void (opened = await openConsole()), openingMsMax);
  afterAll(() => opened?.close());

  it("their pages have no barrier and no complaint", async () => {
    const found = await lookAt(opened, [
      ["channels", "/channels"],
      ["channels-partner", `/channels/partners/${opened.story.partner}`],
      ["channels-attributions", "/channels/attributions"],
      ["settings", "/settings"],
      ["settings-audit", "/settings/audit"],
      ["settings-upstreams", "/settings/upstreams"],
      ["settings-webhooks", "/settings/webhooks"],
      ["settings-retention", "/settings/retention"],
      ["settings-branding", "/settings/branding"],
      ["settings-health", "/settings/health"],
    ]);
    expect(found).toEqual([]);
  });

  it("an owner says how long texts are kept, is told what goes, and the audit log tells it", async () => {
    const { page, go, barriers, complaints, close } = await opened.open();
    await go("/settings/retention");
    await page.getByRole("gridcell", { name: /^Texts of predictions/ }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("Nothing is removed any more.").waitFor();
    await dialog.getByLabel("Days").fill("30");
    await dialog.getByText("Nothing is older than that now.", { exact: false }).waitFor();
    expect(await barriers()).toEqual([]);
    await page.screenshot({ path: shotOf("retention-dialog-en") });
    await dialog.getByRole("button", { name: "Keep it so long" }).click();
    await page.getByRole("gridcell", { name: "30 days" }).waitFor();
    await page.getByRole("gridcell", { name: "An owner" }).waitFor();
    const { data } = await opened.ask<{ data: readonly { action: string }[] }>("GET", "/admin/v1/audit-events");
    expect(data.map(({ action }) => action)).toContain("POST /admin/v1/retention/:kind/change");
    await page.getByRole("gridcell", { name: "Postings, usage, invoices and payments" }).click();
    expect(await dialog.count()).toBe(0);
    expect(complaints()).toEqual([]);
    await close();
  });

  it("an owner names the business, and strangers and customers see its name, colour and address", async () => {
    const { page, go, close, complaints } = await opened.open();
    await go("/settings/branding");
    await page.getByLabel("Name of the business").fill("Northern Mills");
    await page.getByLabel("Support address").fill("help@mill.example");
    await page.getByLabel("Accent colour").fill("#ffd400");
    await page.getByRole("button", { name: "Save branding" }).click();
    await page.getByText("Choose a darker one", { exact: false }).waitFor();
    expect(complaints().filter((each) => !each.includes("400"))).toEqual([]); // the refusal itself
    await page.getByLabel("Accent colour").fill("#8a1c5b");
    await page.getByRole("button", { name: "Save branding" }).click();
    await page.getByText("Saved").waitFor();
    await close();

    const places = [
      ["branded-sign-in", "/"],
      ["branded-products", "/p"],
    ] as const;
    expect(await lookAt(opened, places, { role: null })).toEqual([]);
    const stranger = await opened.open({ role: null });
    for (const [, at] of places) {
      await stranger.go(at);
      await stranger.page.getByText("Northern Mills").waitFor();
      await stranger.page.getByRole("link", { name: "help@mill.example" }).waitFor();
      const accent = "document.documentElement.style.getPropertyValue('--accent')";
      await expect.poll(() => stranger.page.evaluate(accent)).toContain("#8a1c5b");
    }
    await stranger.close();
    await opened.ask("POST", "/admin/v1/branding", { name: null, accent: null, support_email: null });
  });

  it("somebody is added, gets a link, comes in by it once, and is out when disabled", async () => {
    const owner = await opened.open();
    await owner.go("/settings");
    await owner.page.getByRole("button", { name: "New person" }).click();
    await owner.page.getByLabel("Name").fill("A new colleague");
    await owner.page.getByLabel("E-mail").fill("colleague@mill.example");
    await owner.page.getByLabel("Role").selectOption("reviewer");
    await owner.page.getByRole("button", { name: "Create" }).click();
    await owner.page.getByRole("gridcell", { name: "A new colleague" }).click();
    await owner.page.getByRole("button", { name: "Make a link" }).click();
    const link = (await owner.page.getByRole("dialog").locator("code").textContent()) ?? "";

    const colleague = await opened.open({ role: null });
    await colleague.page.goto(link);
    await colleague.page.getByText("A new colleague").waitFor();
    expect(colleague.page.url()).not.toContain("msl_"); // neither the address bar nor the history keeps the token
    expect(await colleague.page.getByRole("link", { name: "Sell" }).count()).toBe(0);
    const again = await opened.open({ role: null });
    await again.page.goto(link);
    await again.page.getByRole("heading", { name: "This link does not open" }).waitFor();
    await again.close();

    await owner.page.getByRole("dialog").getByRole("button", { name: "Disable" }).click();
    await owner.page.getByRole("gridcell", { name: "Disabled" }).waitFor();
    await colleague.page.reload();
    await colleague.page.getByRole("heading", { name: "Sign in" }).waitFor();
    await colleague.close();
    await owner.close();
  });

  it("an owner has every promise looked at, and finds the answer after having been elsewhere", async () => {
    const { page, go, settled, complaints, close } = await opened.open();
    await go("/settings/health");
    await page.getByText("Nobody has looked yet").waitFor();
    await page.getByRole("button", { name: "Check now" }).click();
    await go("/settings");
    await go("/settings/health");
    await page.getByText("Everything holds.").waitFor({ timeout: 60_000 });
    expect(await page.getByRole("listitem").filter({ hasText: "answers = usage" }).count()).toBe(1);
    await settled();
    expect(complaints()).toEqual([]);
    await close();
  });

  it("a partner is seen with whom it brought, how far they have come, and what it earned, also as a file", async () => {
    const { ask, story } = opened;
    const [, brought] = story.customers;
    const item = { service: "project", description: "A report", unit_amount: "100.00" };
    await ask("POST", `/admin/v1/customers/${brought?.id}/invoice-items`, item);
    await ask("POST", `/admin/v1/customers/${brought?.id}/invoice-items/issue`);
    const { page, go, complaints, close } = await opened.open();
    await go("/channels");
    await page.getByRole("gridcell", { name: "North Wind" }).click();
    await page.getByRole("gridcell", { name: "Introduced at a fair" }).waitFor();
    for (const step of ["Introduced", "On a plan", "First paid answer", "Paying"])
      expect(await page.getByRole("listitem").filter({ hasText: step }).locator("strong").textContent()).toBe("1");
    await page.getByRole("gridcell", { name: "$15.00" }).waitFor();
    const downloaded = page.waitForEvent("download");
    await page.getByRole("button", { name: "Download as CSV" }).click();
    const file = await (await downloaded).path();
    expect((await readFile(file, "utf8")).split("\r\n").slice(1)).toEqual([
      expect.stringMatching(/^[^,]+,Lantern & Sons,\d{4}-[^,]+Z,0\.15,100\.00,15\.00,usd$/),
      "Total,,,,100.00,15.00,usd",
      "",
    ]);
    await page.getByLabel("Time").selectOption("Last month");
    await page.getByText("Nothing was earned in this time").waitFor();
    await page.getByRole("gridcell", { name: "Lantern & Sons" }).click();
    await page.getByRole("heading", { name: "Lantern & Sons", level: 1 }).waitFor();
    expect(complaints()).toEqual([]);
    await close();
  });

  it("a name that is markup is shown as text", async () => {
    const name = `<img src=x onerror="document.title='${takenTitle}'">`;
    await opened.ask("POST", "/admin/v1/partners", { name, commission_basis_points: 1 });
    const { page, go, complaints, close } = await opened.open();
    await go("/channels");
    await page.getByText(name).waitFor();
    expect(await page.title()).not.toBe(takenTitle);
    expect(await page.locator("[role=grid] img").count()).toBe(0);
    expect(complaints()).toEqual([]);
    await close();
  });

  it("the palette goes to a page by its name, and g with a letter without it", async () => {
    const { page, go, barriers, close } = await opened.open();
    await go("/");
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox").fill("audit");
    expect(await barriers()).toEqual([]);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Audit log", level: 1 }).waitFor();
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox").fill("lant");
    await page.getByRole("option", { name: "Lantern & Sons" }).waitFor();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Lantern & Sons", level: 1 }).waitFor();
    await page.keyboard.press("g");
    await page.keyboard.press("s");
    await page.getByRole("heading", { name: "Products", level: 1 }).waitFor();
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keyboard" }).waitFor();
    await close();
  });

  it("a lost connection is told, and over by itself when the server is back", async () => {
    const { page, go, close } = await opened.open();
    await page.route("**/admin/v1/live", (route) => route.abort()); // so that home asks by the clock
    await go("/");
    await page.route("**/admin/v1/**", (route) => route.abort());
    await page.getByText("The server does not answer").first().waitFor();
    await page.unroute("**/admin/v1/**");
    await page.getByText("The server does not answer").first().waitFor({ state: "detached" });
    expect(await page.getByRole("heading", { name: "The wheel", level: 1 }).isVisible()).toBe(true);
    await close();
  });
});
