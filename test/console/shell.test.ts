import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Console, hasChromium, openConsole, openingMsMax } from "./harness.ts";
import { lookAt } from "./look.ts";
import { openProxy } from "./proxy.ts";

describe.runIf(hasChromium())("the shell", () => {
  let opened: Console;
  beforeAll(async () => void (opened = await openConsole()), openingMsMax);
  afterAll(() => opened?.close());

  it("home and a place that is not there have no barrier and no complaint", async () => {
    const found = await lookAt(opened, [
      ["home", "/"],
      ["not-found", "/nowhere"],
    ]);
    expect(found).toEqual([]);
  });

  it("each figure of home leads to its page", async () => {
    const { page, go, settled, complaints, close } = await opened.open();
    const { data } = await opened.ask<{ data: readonly { id: string }[] }>("GET", "/admin/v1/models");
    const [model] = data;
    const { endpoint } = opened.story;
    await page.route("**/admin/v1/wheel?*", async (request) => {
      const answer = await request.fetch();
      const found: unknown = await answer.json();
      const difference = { value: 0.1, low: 0.05, high: 0.15 };
      const models = { champion: model?.id, candidate: model?.id };
      const why = { decision: "promote", reason: "Better.", measure: "accuracy", mcnemar_p: 0.01 };
      const last_promotion = { endpoint, ...models, ...why, difference, examples: 200, created_at_ms: 0 };
      await request.fulfill({ response: answer, json: Object.assign({}, found, { last_promotion }) });
    });
    await go("/");
    const links = page.locator("main a");
    const addresses = await links.evaluateAll((all) => all.map((link) => link.getAttribute("href") ?? ""));
    const stations = ["/data", "/train", "/models", "/endpoints", "/sell/invoices", "/review", "/review"];
    expect(addresses.slice(0, stations.length)).toEqual(stations);
    expect(addresses.slice(stations.length)).toEqual(
      expect.arrayContaining(["/review", `/endpoints/${endpoint}`, `/models/${model?.id}`]),
    );
    for (const address of new Set(addresses)) {
      await page.locator(`main a[href="${address}"]`).first().click();
      await page.waitForURL(`**${address}`);
      await settled();
      await page.goBack();
      await page.locator("[data-station=calls]").waitFor();
    }
    await page.unrouteAll({ behavior: "ignoreErrors" });
    expect(complaints()).toEqual([]);
    await close();
  });

  it("nor do the doors of who is not signed in", async () => {
    const doors = [
      ["sign-in", "/"],
      ["enter", "/enter"],
    ] as const;
    expect(await lookAt(opened, doors, { role: null })).toEqual([]);
  });

  it("what happens elsewhere shows by itself, and does so again after the connection was lost", async () => {
    const proxy = await openProxy(opened.url);
    const { page, go, settled, close } = await opened.open();
    const [customer] = opened.story.customers;
    const predict = (): Promise<unknown> =>
      opened.ask("POST", "/v1/predictions", { endpoint: opened.story.endpoint, input: "a prize" }, customer?.key);
    let asked = 0;
    page.on("request", (request) => (asked += request.url().includes("/admin/v1/wheel") ? 1 : 0));
    await page.clock.install();
    const streams = page.waitForResponse("**/admin/v1/live");
    await go(`${proxy.url}/`);
    await streams;
    await settled();
    const calls = page.locator("[data-station=calls] strong");
    const before = Number(await calls.textContent());
    const askedBefore = asked;
    await page.clock.fastForward(60_000);
    await settled();
    expect(asked).toBe(askedBefore); // nothing by the clock
    await predict();
    await expect.poll(() => calls.textContent(), { timeout: 20_000 }).toBe(`${before + 1}`);

    await proxy.cut();
    await predict();
    await page.clock.fastForward(60_000); // the fallback asks, in vain
    await page.getByText("The server does not answer").first().waitFor();
    const back = page.waitForResponse("**/admin/v1/live");
    await proxy.mend();
    await back;
    await expect.poll(() => calls.textContent(), { timeout: 20_000 }).toBe(`${before + 2}`);
    await predict();
    await page.clock.fastForward(5_000);
    await expect.poll(() => calls.textContent(), { timeout: 20_000 }).toBe(`${before + 3}`);
    await close();
    await proxy.cut();
  });
});
