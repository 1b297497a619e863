import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dataUrlOf } from "../../src/kernel/picture.ts";
import { type Console, hasChromium, openConsole, openingMsMax } from "./harness.ts";
import { lookAt, shotOf } from "./look.ts";
import type { ConsolePage } from "./window.ts";

const spannedText = "Ada Lovelace met 王小明 in London 😀 last spring";

describe.runIf(hasChromium())("reviewing images, pairs and spans", { timeout: 240_000 }, () => {
  let console_: Console;
  beforeAll(async () => {
    console_ = await openConsole();
    const picture = (i: number) => ({
      width: 8,
      height: 8,
      channels: 1 as const,
      data: new Uint8Array(64).fill(i * 20),
    });
    await queue(
      "pictures",
      "image",
      Array.from({ length: 12 }, (_, i) => ({ image: dataUrlOf(picture(i)) })),
      ["dark", "light"],
    );
    const answers = (i: number) => ({
      prompt: `How does one keep garden tools of kind ${i}?`,
      a: `Clean them after use ${i}, dry them and hang them up. ${"Oil the blades from time to time. ".repeat(3)}`,
      b: `Put tool ${i} into a shed.`,
    });
    await queue(
      "answers",
      "text-pairs",
      Array.from({ length: 6 }, (_, i) => answers(i)),
    );
    const texts = [{ text: spannedText }, { text: "<script>document.title='taken'</script> Bo went to Ulm" }];
    await queue("names", "text-spans", texts, ["person", "place"]);
  }, openingMsMax);
  afterAll(() => console_?.close());

  async function queue(name: string, kind: string, rows: readonly object[], labels?: readonly string[]): Promise<void> {
    await console_.ask("POST", "/admin/v1/datasets", { name, kind });
    await console_.importAs(`${name}.jsonl`, name, rows.map((row) => JSON.stringify(row)).join("\n"));
    await console_.ask("POST", `/admin/v1/dataset-versions/${name}@1/review`, labels ? { labels } : {});
  }
  const open = async (at: string): Promise<ConsolePage> => {
    const opened = await console_.open({ role: "reviewer" });
    await opened.go(at);
    return opened;
  };
  const shown = (opened: ConsolePage) => opened.page.locator("[data-review]").getAttribute("data-review");
  const labelOf = async (id: string | null) =>
    (await console_.ask<{ label: string | null }>("GET", `/admin/v1/reviews/${id}`)).label;

  it("an image is shown, enlarged by a key, and decided by a number", async () => {
    const opened = await open("/review?queue=dataset:pictures");
    const image = opened.page.getByRole("img", { name: "The image" });
    const width = (): Promise<number> => image.evaluate((element) => element.getBoundingClientRect().width);
    const before = await width();
    await opened.page.keyboard.press("z");
    expect(await width()).toBeGreaterThan(before);
    const first = await shown(opened);
    await opened.page.keyboard.press("1");
    await expect.poll(() => labelOf(first)).toBe("dark");
    expect(opened.complaints()).toEqual([]);
    await opened.close();
  });

  it("of a pair the better text is chosen by a key; 0 says neither", async () => {
    const opened = await open("/review?queue=dataset:answers");
    const { page } = opened;
    await page.getByRole("region", { name: "Text A" }).waitFor();
    const boxes = await Promise.all(
      ["Text A", "Text B"].map((name) => page.getByRole("region", { name }).boundingBox()),
    );
    expect(boxes[0]?.y).toBe(boxes[1]?.y);
    for (const [key, label] of [
      ["2", "b"],
      ["3", "tie"],
      ["0", "neither"],
    ] as const) {
      const id = await shown(opened);
      await page.keyboard.press(key);
      await expect.poll(() => labelOf(id)).toBe(label);
    }
    expect(opened.complaints()).toEqual([]);
    await opened.close();
  });

  it("spans are put on a text by words, extended, undone, removed, and put by the mouse", async () => {
    const opened = await open("/review?queue=dataset:names");
    const { page } = opened;
    const marked = () => page.getByRole("list", { name: "What is marked" }).getByRole("listitem").allInnerTexts();
    const said = async () => (await marked()).map((text) => text.replaceAll(/\s*\n\s*/g, " ").replace(/ ×$/, ""));
    const press = async (...keys: readonly string[]): Promise<void> => {
      for (const key of keys) await page.keyboard.press(key);
    };
    await page.getByText(spannedText).waitFor();
    const id = await shown(opened);
    await press("ArrowRight", "Shift+ArrowRight");
    await page.getByText("Selected: Ada Lovelace").waitFor();
    await press("1");
    expect(await said()).toEqual(["person Ada Lovelace"]);
    await press("2"); // another label takes its place
    expect(await said()).toEqual(["place Ada Lovelace"]);
    await press("u");
    expect(await said()).toEqual(["person Ada Lovelace"]);
    await press("Backspace");
    expect(await page.getByText("Nothing marked", { exact: true }).count()).toBe(1);
    await press("u");
    await drag(opened, "London");
    await page.getByText("Selected: London").waitFor();
    await page.getByRole("button", { name: "place" }).first().click();
    expect(await said()).toEqual(["person Ada Lovelace", "place London"]);
    expect(await opened.barriers()).toEqual([]);
    await page.screenshot({ path: shotOf("review-spans-marked"), fullPage: true });
    await press("Enter");
    await page.getByText("Bo went to Ulm").waitFor();
    const start = Array.from(spannedText.split("London")[0] ?? "").length;
    await expect
      .poll(async () => JSON.parse((await labelOf(id)) ?? "null") as unknown)
      .toEqual([
        { start: 0, end: 12, label: "person" },
        { start, end: start + 6, label: "place" },
      ]);
    await press("u"); // taken back as it was left
    await page.getByText(spannedText).waitFor();
    expect(await said()).toEqual(["person Ada Lovelace", "place London"]);
    await press("Enter");
    expect(opened.complaints()).toEqual([]);
    await opened.close();
  });

  it("examples of a version are put into the queue, and what was reviewed becomes the next version", async () => {
    const opened = await console_.open({ role: "owner" });
    const { page } = opened;
    const { id } = await console_.ask<{ id: string }>("GET", "/admin/v1/dataset-versions/names@1");
    await opened.go(`/data/versions/${id}`);
    await page.getByRole("button", { name: "Review examples" }).click();
    await page.getByLabel("Labels").fill("person\nplace");
    await page.getByRole("button", { name: "Put into the queue" }).click();
    await page.getByText("0 examples were put into the queue.").waitFor();
    await page.getByRole("button", { name: "Reviewed examples into the next version" }).click();
    await page.getByRole("heading", { name: "names @2" }).waitFor();
    expect(opened.complaints()).toEqual([]);
    await opened.close();
  });

  it("its pages have no barrier and no complaint", async () => {
    const { id } = await console_.ask<{ id: string }>("GET", "/admin/v1/dataset-versions/answers@1");
    const places = [
      ["review-spans", "/review?queue=dataset:names"],
      ["review-pair", "/review?queue=dataset:answers"],
      ["review-image", "/review?queue=dataset:pictures"],
      ["version-pairs", `/data/versions/${id}`],
    ] as const;
    expect(await lookAt(console_, places)).toEqual([]);
  });
});

/** Draws the mouse over a word of the text that is marked. */
async function drag({ page }: ConsolePage, word: string): Promise<void> {
  const box = await page.getByRole("group", { name: "Text to mark" }).evaluate((element, sought) => {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const at = (node.textContent ?? "").indexOf(sought);
      if (at < 0) continue;
      const range = document.createRange();
      range.setStart(node, at);
      range.setEnd(node, at + sought.length);
      const { left, right, top, height } = range.getBoundingClientRect();
      return { left, right, y: top + height / 2 };
    }
    throw new Error(`"${sought}" is not in the text`);
  }, word);
  await page.mouse.move(box.left + 1, box.y);
  await page.mouse.down();
  await page.mouse.move(box.right - 1, box.y, { steps: 4 });
  await page.mouse.up();
}
