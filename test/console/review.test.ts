import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Console, hasChromium, openConsole, openingMsMax } from "./harness.ts";
import { lookAt } from "./look.ts";
import type { ConsolePage, Window } from "./window.ts";

describe.runIf(hasChromium())("the review pages", { timeout: 240_000 }, () => {
  let console_: Console;
  beforeAll(async () => {
    console_ = await openConsole();
    await disagree(console_, 20);
  }, openingMsMax);
  afterAll(() => console_?.close());

  const open = async (window: Window, at: string): Promise<ConsolePage> => {
    const opened = await console_.open(window);
    await opened.go(at);
    return opened;
  };
  const shown = (opened: ConsolePage) => opened.page.locator("[data-review]").getAttribute("data-review");
  const stateOf = async (id: string | null) =>
    console_.ask<{ state: string; label: string | null; disagreeing: boolean }>("GET", `/admin/v1/reviews/${id}`);
  const votesOn = (ids: ReadonlySet<string | null>): Promise<number[]> =>
    Promise.all(
      [...ids].map(
        async (id) =>
          (await console_.ask<{ data: readonly object[] }>("GET", `/admin/v1/reviews/${id}/votes`)).data.length,
      ),
    );

  it("a reviewer writes instructions down and decides with the keyboard alone: number, arrows, undo, skip", async () => {
    const opened = await open({ role: "engineer" }, "/review");
    const { page } = opened;
    await page.getByRole("button", { name: "Edit instructions" }).click();
    await page.getByLabel("Instructions", { exact: true }).last().fill("Advertising for prizes is spam.");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.getByText("Advertising for prizes is spam.").waitFor();
    const first = await shown(opened);
    await page.keyboard.press("1");
    const second = await shown(opened);
    expect(second).not.toBe(first);
    await expect.poll(() => stateOf(first)).toMatchObject({ state: "settled" });
    await page.keyboard.press("ArrowLeft");
    await page.locator(`[data-review="${first}"]`).waitFor();
    expect(await stateOf(first)).toMatchObject({ state: "claimed", label: null });
    await page.keyboard.press("2");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await expect.poll(() => stateOf(first)).toMatchObject({ state: "settled" });
    await expect.poll(() => stateOf(second)).toMatchObject({ state: "skipped" });
    const third = await shown(opened);
    expect(await stateOf(third)).toMatchObject({ state: "claimed" });
    await opened.go("/account"); // who goes away leaves to the others what is not decided
    await expect.poll(() => stateOf(third)).toMatchObject({ state: "open" });
    expect(opened.complaints()).toEqual([]);
    await opened.close();
  });

  it("two reviewers disagree, a third decides, and what they agree on is told", async () => {
    await console_.ask("POST", "/admin/v1/review-guides/spam-filter", {
      instructions: "Two must agree.",
      reviewers: 2,
    });
    const [ann, bob] = await Promise.all([open({ role: "reviewer" }, "/review"), open({ role: "analyst" }, "/review")]);
    const id = await shown(ann);
    await ann.page.keyboard.press("1");
    await expect.poll(() => stateOf(id)).toMatchObject({ state: "open" });
    await ann.close();
    await console_.ask("POST", `/admin/v1/reviews/${id}/settle`, { reviewer: "bob", label: "spam" });
    expect(await stateOf(id)).toMatchObject({ state: "open", disagreeing: true });
    await bob.go(`/review/items/${id}`);
    await bob.page.getByRole("button", { name: "spam", exact: true }).click();
    await bob.page.getByText("decided over votes that differ").waitFor();
    expect(await stateOf(id)).toMatchObject({ state: "settled", label: "spam" });
    await bob.page.getByRole("button", { name: "Make it a test item" }).click();
    await bob.page.getByRole("button", { name: "No test item any more" }).waitFor();
    await bob.close();
  });

  it("the next item is shown before the server has heard of the decision", async () => {
    await console_.ask("POST", "/admin/v1/review-guides/spam-filter", { instructions: "", reviewers: 9 });
    const opened = await open({ role: "owner" }, "/review");
    let answer: (() => void) | undefined;
    const answered = new Promise<void>((resolve) => (answer = resolve));
    await opened.page.route("**/settle", async (route) => {
      await answered;
      await route.continue();
    });
    const seen = new Set<string | null>();
    for (let i = 0; i < 5; i++) {
      const id = await shown(opened);
      seen.add(id);
      await opened.page.keyboard.press("1");
      await opened.page.locator(`[data-review="${id}"]`).waitFor({ state: "detached" });
    }
    expect(seen.size).toBe(5);
    answer?.();
    await expect.poll(() => votesOn(seen)).toEqual([1, 1, 1, 1, 1]);
    await opened.close();
  });

  it("its pages have no barrier and no complaint", async () => {
    const places = [
      ["review", "/review"],
      ["review-queue", "/review/queue"],
      ["review-agreement", "/review/agreement"],
    ] as const;
    expect(await lookAt(console_, places, { role: "reviewer" })).toEqual([]);
  });
});

/** Paid answers that their customer says are wrong: each one waits for a review. */
async function disagree({ ask, story }: Console, count: number): Promise<void> {
  const key = story.customers[0]?.key;
  for (let i = 0; i < count; i++) {
    const input = `About the garden and the report, letter ${i}`;
    const asked = { endpoint: story.endpoint, input };
    const { id, output } = await ask<{ id: string; output: { label: string } }>("POST", "/v1/predictions", asked, key);
    const signal = { kind: "correction", label: output.label === "ham" ? "spam" : "ham" };
    await ask("POST", "/v1/feedback", { prediction: id, signal, input: { text: input, consent: true } }, key);
  }
}
