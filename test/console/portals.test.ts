import { mkdirSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Console, type ConsolePage, type Window, hasChromium, openConsole } from "./harness.ts";

const shots = path.resolve(import.meta.dirname, "../../web/shots");
const hostile = `<img src=x onerror="document.title='taken'"><script>document.title='taken'</script>`;

describe.runIf(hasChromium())("the portals and the public pages", () => {
  let console_: Console;
  beforeAll(async () => {
    console_ = await openConsole();
    const { ask, story } = console_;
    const plan = {
      product: story.product,
      name: hostile.slice(0, 60),
      fee: "0.00",
      per_thousand: "1.00",
      offered: true,
    };
    const { id } = await ask<{ id: string }>("POST", "/admin/v1/plans", plan);
    await ask("POST", `/admin/v1/products/${story.product}/page`, {
      shown: true,
      description: hostile,
      examples: ["Win a prize now", hostile],
      tries_per_day: 50,
      sign_up_plan: id,
    });
  }, 300_000);
  afterAll(() => console_?.close());

  const windows: readonly Window[] = [
    { language: "en", theme: "light", width: 1280, role: null },
    { language: "zh", theme: "dark", width: 375, role: null },
  ];
  const portalLink = async (of: string): Promise<string> =>
    (await console_.ask<{ url: string }>("POST", `/admin/v1/${of}/portal-links`, {})).url;
  /** Each page without a barrier, a complaint or a script of somebody's text. */
  const look = async (opened: ConsolePage, window: Window, pages: readonly string[]): Promise<string[]> => {
    mkdirSync(shots, { recursive: true });
    const found: string[] = [];
    for (const at of pages) {
      await opened.go(at);
      const problems = [...(await opened.barriers()), ...opened.complaints()];
      if ((await opened.page.title()) === "taken") problems.push("a script of somebody's text ran");
      found.push(...problems.map((problem) => `${at}: ${problem}`));
      const name = at.replaceAll("/", "-").slice(1, 20);
      await opened.page.screenshot({ path: path.join(shots, `${name}-${window.language ?? "en"}.png`) });
    }
    return found;
  };

  it.each(windows)("a customer sees its account in $language at $width", async (window) => {
    const opened = await console_.open(window);
    await opened.go(await portalLink(`customers/${console_.story.customers[0]?.id}`));
    await opened.page.waitForURL("**/portal");
    expect(await look(opened, window, ["/portal", "/portal/keys", "/portal/invoices", "/portal/plan"])).toEqual([]);
    await opened.close();
  });

  it("a customer makes a key whose secret is shown once, and revokes it", async () => {
    const opened = await console_.open({ role: null });
    const { page } = opened;
    await opened.go(await portalLink(`customers/${console_.story.customers[0]?.id}`));
    await page.waitForURL("**/portal");
    await opened.go("/portal/keys");
    await page.getByRole("button", { name: "New key" }).click();
    await page.getByLabel("Name").fill(hostile.slice(0, 60));
    await page.getByRole("button", { name: "Make it" }).click();
    const secret = await page.getByText(/^mk_/).textContent();
    expect(secret).toMatch(/^mk_[\w-]{32}$/);
    await page.getByRole("button", { name: "I have kept it" }).click();
    await page.getByText(/^mk_/).waitFor({ state: "detached" });
    const answer = await fetch(`${console_.url}/v1/balance`, { headers: { authorization: `Bearer ${secret}` } });
    expect(answer.status).toBe(200);
    const row = page.getByRole("row", { name: hostile.slice(0, 20) });
    await row.getByRole("button", { name: "Revoke" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
    await row.getByText("Revoked").waitFor();
    expect(opened.complaints()).toEqual([]);
    await opened.close();
  });

  it.each(windows)("a partner sees what it earned in $language at $width", async (window) => {
    const opened = await console_.open(window);
    await opened.go(await portalLink(`partners/${console_.story.partner}`));
    await opened.page.waitForURL("**/partner");
    expect(await look(opened, window, ["/partner", "/partner/customers"])).toEqual([]);
    await opened.close();
  });

  it.each(windows)("everybody sees the products in $language at $width", async (window) => {
    const opened = await console_.open(window);
    expect(await look(opened, window, ["/p", `/p/${console_.story.product}`])).toEqual([]);
    await opened.close();
  });

  it("a stranger tries a product, signs up, and is in its portal", async () => {
    const opened = await console_.open({ role: null });
    const { page } = opened;
    await opened.go(`/p/${console_.story.product}`);
    await page.getByLabel("Your text").fill("win a free prize");
    await page.getByRole("button", { name: "Try it" }).click();
    await page.locator("output strong").waitFor();
    await page.getByLabel("Company").fill("A bakery");
    await page.getByLabel("Your name").fill("A baker");
    await page.getByLabel("E-mail").fill("baker@example.com");
    await page.locator("input[type=password]").fill("bread and butter");
    await page.getByRole("button", { name: "Create the account" }).click();
    await page.getByRole("link", { name: "To your account" }).click();
    await page.waitForURL("**/portal");
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    expect(await page.title()).not.toBe("taken");
    expect(opened.complaints()).toEqual([]);
    await opened.close();
  });

  it("nobody of a customer sees the team's side", async () => {
    const opened = await console_.open({ role: null });
    await opened.go(await portalLink(`customers/${console_.story.customers[0]?.id}`));
    await opened.page.waitForURL("**/portal");
    await opened.go("/");
    await opened.page.waitForURL("**/portal");
    expect(await opened.page.getByRole("link", { name: "Keys" }).count()).toBe(1);
    await opened.close();
  });
});
