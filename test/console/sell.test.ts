import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Console, hasChromium, openConsole, openingMsMax } from "./harness.ts";
import { lookAt, shotOf } from "./look.ts";

describe.runIf(hasChromium())("selling in the console", () => {
  let opened: Console;
  beforeAll(async () => void (opened = await openConsole()), openingMsMax);
  afterAll(() => opened?.close());

  it("its pages have no barrier and no complaint", async () => {
    const { customers, invoice, product } = opened.story;
    const found = await lookAt(opened, [
      ["sell-products", "/sell"],
      ["sell-product", `/sell/products/${product}`],
      ["sell-plans", "/sell/plans"],
      ["sell-customers", "/sell/customers"],
      ["sell-customer", `/sell/customers/${customers[0]?.id}`],
      ["sell-invoices", "/sell/invoices"],
      ["sell-invoice", `/sell/invoices/${invoice}`],
      ["sell-simulator", "/sell/simulator"],
      ["sell-usage", "/sell/usage"],
      ["sell-usage-none", "/sell/usage?unit=images"],
    ]);
    expect(found).toEqual([]);
  });

  it("the owner makes a plan and sees what it would cost before it is there", async () => {
    const { page, go, complaints, close } = await opened.open();
    await go("/sell/plans");
    await page.getByRole("button", { name: "New plan" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("Volume");
    await dialog.getByLabel("Fee per period").fill("20");
    await dialog.getByLabel("Price of 1,000 answers").fill("2.00");
    await dialog.getByLabel("Cheaper from a volume on").check();
    const row = dialog.getByRole("row").filter({ hasText: "100,000" });
    await row.filter({ hasText: "$112.00" }).waitFor(); // 20 + 10 × 2.00 + 90 × 0.80
    await dialog.getByRole("button", { name: "Create" }).click();
    await page.getByRole("gridcell", { name: "Volume" }).waitFor();
    expect(complaints()).toEqual([]);
    await close();
  });

  it("a product's page is written, seen before it is shown, and then seen by everybody", async () => {
    const { page, go, barriers, close } = await opened.open();
    await go("/sell");
    await page.getByRole("gridcell", { name: "Spam filter" }).click();
    await page.getByLabel("Description").fill("Tells spam from letters.\nIn Chinese, too.");
    await page.getByRole("button", { name: "Add an example" }).click();
    await page.getByLabel("Example 1", { exact: true }).fill("Win a prize now");
    await page.getByLabel("Tries a day").fill("3");
    await page.getByLabel("Plan of who signs up").selectOption("Basic");
    await page.getByLabel("Shown to everybody").check();
    const preview = page.getByRole("group", { name: "Preview" });
    await preview.getByText("Tells spam from letters.").waitFor();
    expect(await preview.getByLabel("Your text").inputValue()).toBe("Win a prize now");
    expect(await preview.getByRole("button", { name: "Create the account" }).isDisabled()).toBe(true);
    expect(await barriers()).toEqual([]);
    await page.getByRole("button", { name: "Save" }).click();
    const visitor = await opened.open({ role: null });
    await visitor.go((await page.getByRole("link", { name: "Open the public page" }).getAttribute("href")) ?? "");
    await visitor.page.getByText("Tells spam from letters.").waitFor();
    await visitor.page.getByText("3 times a day").waitFor();
    await visitor.page.getByRole("button", { name: "Create the account" }).waitFor();
    await visitor.close();
    await close();
  });

  it("an analyst looks through usage, narrows it to a customer, reads why an answer cost what it cost, and takes a file", async () => {
    const { page, go, complaints, barriers, close } = await opened.open({ role: "analyst" });
    const [, lantern] = opened.story.customers;
    await go("/sell/usage");
    await page.getByText("60", { exact: true }).first().waitFor(); // sixty answers of the story
    await page.getByRole("combobox", { name: "Customer" }).selectOption(lantern?.id ?? "");
    await page.getByText("20 rows", { exact: true }).waitFor();
    expect(new URL(page.url()).searchParams.get("customer")).toBe(lantern?.id);
    await page.getByRole("gridcell", { name: "1 answers" }).first().click();
    const drawer = page.getByRole("dialog");
    await drawer.getByText("Used before in the period").waitFor();
    await drawer.getByText("$0.0012").first().waitFor(); // the first tier of the plan Pro: 1.20 for 1,000
    expect(await barriers()).toEqual([]);
    await page.screenshot({ path: shotOf("sell-usage-explained") });
    await page.keyboard.press("Escape");
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name: "Download as CSV" }).click(),
    ]);
    const lines = readFileSync(await file.path(), "utf8")
      .trimEnd()
      .split("\r\n");
    expect([file.suggestedFilename(), lines.length]).toEqual(["usage.csv", 21]);
    expect(complaints()).toEqual([]);
    await close();
  });

  it("a key's secret is shown once, and works until it is revoked", async () => {
    const { page, go, close } = await opened.open();
    const [first] = opened.story.customers;
    await go(`/sell/customers/${first?.id}`);
    await page.getByRole("button", { name: "New key" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Create" }).click();
    const secret = await page.getByRole("dialog").locator("code").textContent();
    const ask = { endpoint: opened.story.endpoint, input: "a prize for the garden" };
    await opened.ask("POST", "/v1/predictions", ask, secret ?? "");
    await page.getByRole("dialog").getByRole("button", { name: "Done" }).click();
    expect(await page.content()).not.toContain(secret);
    await page.getByRole("button", { name: "Revoke" }).first().click();
    await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
    await page.getByText("revoked").first().waitFor();
    await expect(opened.ask("POST", "/v1/predictions", ask, secret ?? "")).rejects.toThrow("invalid_key");
    await close();
  });

  it("who may only read sees no button that changes, and an engineer no invoices", async () => {
    const reader = await opened.open({ role: "read_only" });
    await reader.go("/sell/plans");
    expect(await reader.page.getByRole("button", { name: "New plan" }).count()).toBe(0);
    await reader.go(`/sell/products/${opened.story.product}`);
    expect(await reader.page.getByRole("button", { name: "Save" }).count()).toBe(0);
    await reader.close();
    const engineer = await opened.open({ role: "engineer" });
    await engineer.go("/sell");
    expect(await engineer.page.getByRole("link", { name: "Invoices" }).count()).toBe(0);
    await engineer.go("/sell/invoices");
    await engineer.page.getByRole("alert").filter({ hasText: "Your role does not open this" }).waitFor();
    await engineer.close();
  });
});
