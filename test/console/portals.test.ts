import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Console, hasChromium, openConsole, openingMsMax } from "./harness.ts";
import { lookAt, takenTitle } from "./look.ts";
import type { ConsolePage } from "./window.ts";

const hostile = `<img src=x onerror="document.title='${takenTitle}'"><script>document.title='${takenTitle}'</script>`;

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
  }, openingMsMax);
  afterAll(() => console_?.close());

  /** Comes in by a fresh link and waits for the portal. */
  const enter = async (opened: ConsolePage, of: string, portal: string): Promise<void> => {
    const { url } = await console_.ask<{ url: string }>("POST", `/admin/v1/${of}/portal-links`, {});
    await opened.go(url);
    await opened.page.waitForURL(`**${portal}`);
  };
  const asCustomer = (opened: ConsolePage): Promise<void> =>
    enter(opened, `customers/${console_.story.customers[0]?.id}`, "/portal");
  const asPartner = (opened: ConsolePage): Promise<void> =>
    enter(opened, `partners/${console_.story.partner}`, "/partner");

  it("a customer sees its account, without a barrier or a complaint", async () => {
    const places = [
      ["portal", "/portal"],
      ["portal-keys", "/portal/keys"],
      ["portal-plan", "/portal/plan"],
      ["portal-invoices", "/portal/invoices"],
      ["portal-account", "/portal/account"],
    ] as const;
    expect(await lookAt(console_, places, { enter: asCustomer })).toEqual([]);
  });

  it("a partner sees what it earned, without a barrier or a complaint", async () => {
    const places = [
      ["partner", "/partner"],
      ["partner-customers", "/partner/customers"],
      ["partner-account", "/partner/account"],
    ] as const;
    expect(await lookAt(console_, places, { enter: asPartner })).toEqual([]);
  });

  it("everybody sees the products, without a barrier or a complaint", async () => {
    const places = [
      ["public-product", `/p/${console_.story.product}`],
      ["public-products", "/p"],
    ] as const;
    expect(await lookAt(console_, places, { role: null })).toEqual([]);
  });

  it("a customer makes a key whose secret is shown once, and revokes it", async () => {
    const opened = await console_.open({ role: null });
    const { page } = opened;
    await asCustomer(opened);
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
    expect(await page.title()).not.toBe(takenTitle);
    expect(opened.complaints()).toEqual([]);
    await opened.close();
  });

  it("nobody of a customer sees the team's side", async () => {
    const opened = await console_.open({ role: null });
    await asCustomer(opened);
    await opened.go("/");
    await opened.page.waitForURL("**/portal");
    expect(await opened.page.getByRole("link", { name: "Keys" }).count()).toBe(1);
    await opened.close();
  });
});
