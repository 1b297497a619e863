import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Console, hasChromium, openConsole } from "./harness.ts";
import { lookAt, shotOf, takenTitle } from "./look.ts";

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
    await page.getByRole("textbox", { name: "Search the examples" }).fill("jane@");
    await page.getByRole("gridcell", { name: /jane@/ }).click();
    expect(await drawer.locator("mark").allTextContents()).toEqual(["jane@example.comE-mail address"]);
    expect(await opened.barriers()).toEqual([]);
    await page.screenshot({ path: shotOf("data-personal") });
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Lineage" }).click();
    const picture = page.getByRole("group", { name: "From sources to endpoints" });
    await picture.getByText("mails.jsonl", { exact: true }).waitFor();
    await picture.getByRole("link", { name: /mails@2/ }).click();
    await page.getByRole("button", { name: "Changes" }).click();
    await page.getByText("The test split is the same", { exact: false }).waitFor();
    await page.getByRole("button", { name: "Doubtful labels" }).click();
    await page.getByRole("button", { name: "Look for wrong labels" }).click();
    await page.getByText(/doubtful labels? among/).waitFor();
    expect(opened.complaints()).toEqual([]);
    await opened.close();
  });

  let columnsAt = "";
  let outcomeAt = "";
  it("an analyst drops a file, says what its columns are, and reads what was rejected and why", async () => {
    const opened = await console_.open({ role: "analyst" });
    const { page } = opened;
    const lines = Array.from(
      { length: 40 },
      (_, i) => `question ${i} of ${i * 7919},${i % 2 ? "yes" : "no"},p${i % 5}`,
    );
    const buffer = Buffer.from(
      ["question,answer,who", ...lines, ",yes,p1", lines[0], `"${attack.replaceAll('"', '""')}",no,p2`].join("\n"),
    );
    const file = { name: `<img src=x onerror="document.title='${takenTitle}'">.csv`, mimeType: "text/csv", buffer };
    const at = (): string => page.url().slice(console_.url.length);
    await opened.go("/data");
    await page.getByRole("button", { name: "Import a file" }).click();
    await page.getByLabel("Choose a file, or drop it here").setInputFiles(file);
    await page.getByRole("region", { name: "Beginning of the file" }).getByText("question 7 of 55433").waitFor();
    expect(await page.getByLabel("What question is for").inputValue()).toBe("input");
    await page.getByLabel("What who is for").selectOption("label");
    expect(await page.getByLabel("What answer is for").inputValue()).toBe("none"); // one label only
    await page.getByLabel("What answer is for").selectOption("label");
    await page.getByLabel("Dataset").fill("questions");
    await page.getByRole("button", { name: "Import", exact: true }).click();
    await page.getByRole("button", { name: "Open version 1" }).waitFor();
    outcomeAt = at();
    const rejected = page.getByRole("grid", { name: "Rejected" });
    await rejected.getByText("It has no text").waitFor();
    const [saved] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Download as CSV" }).click(),
    ]);
    expect(saved.suggestedFilename()).toBe("rejected-rows.csv");
    await page.getByRole("button", { name: "Open version 1" }).click();
    await page
      .getByRole("gridcell", { name: /onerror/ })
      .first()
      .waitFor();
    expect(await page.title()).not.toBe(takenTitle);
    await opened.go(outcomeAt); // whoever comes back sees it as it was
    await rejected.getByText("It has no text").waitFor();
    await opened.go("/data/import");
    const dropped = await page.evaluateHandle((name) => {
      const data = new DataTransfer();
      data.items.add(new File(["text,label\none,a\ntwo,b\n"], name));
      return data;
    }, file.name);
    await page.getByText("Choose a file, or drop it here").dispatchEvent("drop", { dataTransfer: dropped }); // for the pictures below
    await page.getByRole("region", { name: "Beginning of the file" }).waitFor();
    columnsAt = at();
    expect(opened.complaints()).toEqual([]);
    await opened.close();
  });

  it("a folder is chosen, its folders are the labels, and what cannot be read is named", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "letters-"));
    for (let i = 0; i < 12; i++) {
      const at = path.join(folder, "letters", i % 2 ? "offers" : "orders");
      mkdirSync(at, { recursive: true });
      writeFileSync(path.join(at, `${i}.txt`), `Letter ${i} about ${i * 7919} things`);
    }
    writeFileSync(path.join(folder, "letters", "offers", "broken.txt"), Buffer.from([0, 1, 2]));
    const opened = await console_.open({ role: "engineer" });
    const { page } = opened;
    await opened.go("/data/import");
    await page.getByLabel("Choose a folder").setInputFiles(path.join(folder, "letters"));
    await page.getByText("Each folder in it is a label").waitFor();
    expect(await page.getByLabel("Dataset").inputValue()).toBe("letters");
    await page.getByLabel("What the files are").selectOption("Texts");
    await page.screenshot({ path: shotOf("data-import-folder"), fullPage: true });
    await page.getByRole("button", { name: "Import", exact: true }).click();
    await page.getByRole("grid", { name: "Rejected" }).getByText("It is a binary file").waitFor();
    await page.getByRole("button", { name: "Open version 1" }).click();
    await page.getByRole("heading", { name: "letters @1" }).waitFor();
    const { labels } = await console_.ask<{ labels: string[] }>("GET", "/admin/v1/dataset-versions/letters@1");
    expect(labels).toEqual(["offers", "orders"]);
    expect(opened.complaints()).toEqual([]);
    await opened.close();
    rmSync(folder, { recursive: true });
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
        ["data-lineage", `/data/lineage?of=${console_.story.dataset}`],
        ["data-lineage-model", `/data/lineage?of=${console_.story.models[0]}`],
        ["data-import", `/data/import?dataset=${console_.story.dataset}`],
        ["data-import-columns", columnsAt],
        ["data-import-outcome", outcomeAt],
      ],
      { role: "analyst" },
    );
    expect(found).toEqual([]);
  });
});
