import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { registerEncoder } from "../../src/models/index.ts";
import { query, sql } from "../../src/store/index.ts";
import { smallEncoder } from "../../src/models/testing/small-encoder.ts";
import { type Stub, chatPieces, openStub } from "../../src/upstream/testing/stub.ts";
import { type Console, hasChromium, openConsole } from "./harness.ts";
import { type Place, lookAt, shotOf } from "./look.ts";

const hello = { role: "user", content: "hello" };

interface Listed {
  readonly data: readonly { readonly id: string }[];
}

/** An endpoint whose challenger is right more often, as customers said of four hundred answers. */
async function experiment({ ask, store, story }: Console): Promise<void> {
  const [champion, challenger] = story.models;
  const deploy = (body: object) => ask<{ id: string }>("POST", "/admin/v1/endpoints/tried-filter/deploy", body);
  const { id: old } = await deploy({ role: "champion", model: champion });
  const { id: fresh } = await deploy({ role: "challenger", model: challenger, share: 0.5 });
  const beganMs = Date.now();
  for (let i = 0; i < 400; i++) {
    const [release, model, every] = i % 2 === 0 ? [old, champion, 3] : [fresh, challenger, 20];
    const [prediction, stance] = [`pred_${i}`, Math.floor(i / 2) % every === 0 ? "disputed" : "confirmed"];
    const at = beganMs + i * 1_000;
    await store.perform(
      query(sql`insert into feedback (id, prediction, endpoint, release, model, customer, predicted_at_ms, source, kind, value,
          stance, created_at_ms, superseded_at_ms)
        values (${`fb_${String(i).padStart(4, "0")}`}, ${prediction}, ${"tried-filter"}, ${release}, ${model ?? ""},
          ${story.customers[0]?.id ?? ""}, ${at}, ${"customer"}, ${"boolean"}, ${"{}"}, ${stance}, ${at}, ${null})`),
    );
  }
}

/** The next answer of the stub behind `chat`, and how it ends. */
const pieces: string[] = [];
const ending: ("end" | "hang")[] = [];

async function routeChat({ ask }: Console, url: string): Promise<void> {
  const upstream = { name: "stub", base_url: url, allow_private: true, secret: "sk-of-a-test" };
  const { id } = await ask<{ id: string }>("POST", "/admin/v1/upstreams", upstream);
  const model = { name: "small", doors: ["chat"], context_tokens_max: 8_000, output_tokens_max: 1_000 };
  const made = await ask<{ id: string }>("POST", `/admin/v1/upstreams/${id}/models`, model);
  const price = { input_million: "1", output_million: "2" };
  await ask("POST", `/admin/v1/upstream-models/${made.id}/rate-cards`, price);
  await ask("POST", "/admin/v1/routes/chat", { targets: [{ model: "stub/small" }] });
}

describe.runIf(hasChromium())("train, models, endpoints, insight", () => {
  let console_: Console;
  let run = "";
  let search = "";
  let evaluation = "";
  let encoder = "";
  let upstream: Stub;
  beforeAll(async () => {
    console_ = await openConsole();
    const { ask, story } = console_;
    run = (await ask<Listed>("GET", "/admin/v1/runs")).data[0]?.id ?? "";
    evaluation = (await ask<Listed>("GET", `/admin/v1/evaluations?model=${story.models[0]}`)).data[0]?.id ?? "";
    const [version] = (await ask<Listed>("GET", `/admin/v1/datasets/${story.dataset}/versions`)).data;
    const quick = {
      ...(await ask<{ recipe: object }>("GET", `/admin/v1/runs/${run}`)).recipe,
      training: { epochs: 2 },
    };
    const sought = { kind: "hyperparameters", dataset_version: version?.id, recipe: quick, minutes: 0.1 };
    search = (await ask<{ id: string }>("POST", "/admin/v1/searches", sought)).id;
    const words = { name: "meaning-small", encoder: smallEncoder(["meeting", "invoice", "prize"]), nowMs: 0 };
    await registerEncoder(console_.store, words);
    encoder = (await ask<{ id: string }>("POST", `/admin/v1/encoders/${words.name}/publish`)).id;
    await ask("POST", "/admin/v1/endpoints/meaning/deploy", { role: "champion", model: encoder });
    const [customer] = story.customers;
    const asked = { endpoint: story.endpoint, input: "a prize" };
    const refusals = [
      ask("POST", "/v1/predictions", asked, "mk_of_nobody"),
      ask("POST", "/v1/predictions", { ...asked, input: "" }, customer?.key),
      ask("POST", "/v1/chat/completions", { model: story.endpoint, messages: [hello] }, customer?.key),
    ];
    const ended = await Promise.allSettled(refusals);
    if (ended.some(({ status }) => status === "fulfilled")) throw new Error("A request was not refused.");
    await experiment(console_);
    upstream = await openStub(() => ({ kind: "stream", pieces: pieces.splice(0), ending: ending.pop() ?? "end" }));
    await routeChat(console_, upstream.url);
  });
  afterAll(async () => {
    await console_?.close();
    await upstream?.close();
  });

  /** The search runs while the first pages are looked at. */
  const searched = async (): Promise<string> => {
    for (let state = "queued"; state !== "done";) {
      ({ state } = await console_.ask<{ state: string }>("GET", `/admin/v1/searches/${search}`));
      if (state === "failed") throw new Error("The search failed.");
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    return `/train/searches/${search}`;
  };

  it("its pages have no barrier and no complaint", { timeout: 240_000 }, async () => {
    const [first, second] = console_.story.models;
    const pages: readonly Place[] = [
      ["runs", "/train"],
      ["run", `/train/runs/${run}`],
      ["searches", "/train/searches"],
      ["models", "/models"],
      ["model", `/models/${first}`],
      ["examples", `/models/${first}/examples?evaluation=${evaluation}&right=false`],
      ["model-compare", `/models/${first}/compare?with=${second}`],
      ["endpoints", "/endpoints"],
      ["endpoint", `/endpoints/${console_.story.endpoint}`],
      ["endpoint-experiment", "/endpoints/tried-filter"],
      ["endpoint-routed", "/endpoints/routed/chat"],
      ["model-of-vectors", `/models/${encoder}`],
      ["endpoint-of-vectors", "/endpoints/meaning"],
      ["insight", "/insight"],
      ["cohorts", "/insight/cohorts"],
    ];
    expect(await lookAt(console_, pages)).toEqual([]);
    expect(await lookAt(console_, [["search", await searched()]])).toEqual([]);
  });

  it("an engineer starts a run by form, watches its curves, and compares it", async () => {
    const { page, go, close, complaints } = await console_.open({ role: "engineer" });
    await go("/train");
    await page.getByRole("button", { name: "Start a run" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("From the form");
    await dialog.getByText("Hyperparameters").click();
    await dialog.getByLabel("epochs").fill("3");
    await dialog.getByRole("button", { name: "Start a run" }).click();
    await page.getByRole("heading", { name: "From the form" }).waitFor();
    await page.getByText("The run ended.").waitFor({ timeout: 60_000 });
    await page.getByRole("img", { name: "Curves of the loss by epoch" }).locator("canvas").waitFor();
    const id = new URL(page.url()).pathname.split("/").at(-1);
    const made = await console_.ask<{ recipe: { training: { epochs: number } }; curves: readonly object[] }>(
      "GET",
      `/admin/v1/runs/${id}`,
    );
    expect(made.recipe.training.epochs).toBe(3);
    expect(made.curves).toHaveLength(3);
    await go("/train");
    await page.getByRole("checkbox", { name: "Compare From the form" }).check();
    await page.getByRole("checkbox").nth(1).check();
    await page.getByRole("button", { name: "Compare 2" }).click();
    await page.getByRole("heading", { name: "Runs side by side" }).waitFor();
    await page.getByRole("columnheader", { name: "training.epochs" }).waitFor();
    expect(complaints()).toEqual([]);
    await close();
  });

  it("a cell of the confusion matrix leads to its examples, and an answer is explained", async () => {
    const { page, go, close } = await console_.open({});
    await go(`/models/${console_.story.models[0]}`);
    const cell = page.getByRole("link", { name: /truly spam, answered ham/ });
    const n = Number(await cell.textContent());
    await page.getByLabel("A text or a row").fill("Letter: a prize and a casino, click here");
    await page.getByRole("button", { name: "Explain" }).click();
    await page.getByText("casino", { exact: true }).waitFor();
    await cell.click();
    await page.getByRole("heading", { name: /^Examples of/ }).waitFor();
    await page.getByText(`${n} ${n === 1 ? "row" : "rows"}`, { exact: true }).waitFor();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      go(`/models/${console_.story.models[0]}`).then(() =>
        page.getByRole("link", { name: "Download the folder" }).click(),
      ),
    ]);
    expect(download.suggestedFilename()).toBe(`${console_.story.models[0]}.tar.gz`);
    await close();
  });

  it("an engineer moves a share, tries the endpoint without a bill, promotes, and rolls back", async () => {
    const { page, go, close } = await console_.open({ role: "engineer" });
    const { ask, story } = console_;
    const endpoint = () =>
      ask<{ champion: { model: string }; challengers: readonly { share: number }[] }>(
        "GET",
        `/admin/v1/endpoints/${story.endpoint}`,
      );
    const usage = async () =>
      (await ask<{ rows: readonly { predictions: number }[] }>("GET", "/admin/v1/reports/wheel")).rows;
    const before = await usage();
    await go(`/endpoints/${story.endpoint}`);
    await page.getByRole("slider", { name: /^Share of customers/ }).focus();
    for (let i = 0; i < 5; i++) await page.keyboard.press("ArrowRight");
    await page.getByRole("button", { name: "Apply" }).click();
    await page.getByText("The new share holds.").waitFor();
    expect((await endpoint()).challengers.map(({ share }) => share)).toEqual([0.25]);
    await page.getByLabel("Input").fill("win a prize in the casino");
    await page.getByRole("button", { name: "Ask", exact: true }).click();
    await page.getByText("not billed", { exact: false }).last().waitFor();
    expect(await usage()).toEqual(before);
    const first = (await endpoint()).champion.model;
    await page.getByRole("button", { name: "Promote" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Promote" }).click();
    await page.getByText("It is champion now.").waitFor();
    expect((await endpoint()).champion.model).not.toBe(first);
    await page.getByRole("button", { name: "Roll back" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Roll back" }).click();
    await page.getByText("The champion before answers again.").waitFor();
    expect((await endpoint()).champion.model).toBe(first);
    await close();
  });

  it("an engineer publishes an encoder by a button, and is led to its model", async () => {
    const { page, go, complaints, close } = await console_.open({ role: "engineer" });
    await go("/models");
    await page.getByRole("button", { name: "Publish" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Publish" }).click();
    await page.waitForURL(`**/models/${encoder}`); // published before, it is the same model
    expect(complaints()).toEqual([]);
    await close();
  });

  it("an engineer chats with an upstream, stops it, and sees what it cost; an analyst does not", async () => {
    const { page, go, barriers, complaints, close } = await console_.open({ role: "engineer" });
    await go("/endpoints");
    await page.getByRole("gridcell", { name: "chat", exact: true }).click();
    await page.getByLabel("System prompt").fill("Be short.");
    pieces.push(...chatPieces(["It is ", "noon."], { prompt_tokens: 1_000, completion_tokens: 500 }));
    await page.getByLabel("Your message").fill("What time is it?");
    await page.getByRole("button", { name: "Send" }).click();
    await page.getByText(/1,000 tokens read, 500 written, cost .*0\.002/).waitFor();
    await page.getByText("It is noon.").waitFor();
    await page.getByText(/^1 trial in 30 days cost .*0\.002/).waitFor();
    expect(upstream.requests.at(-1)?.body).toMatchObject({ messages: [{ role: "system" }, { role: "user" }] });
    pieces.push(...chatPieces(["Well, "], {}).slice(0, 2));
    ending.push("hang");
    await page.getByLabel("Your message").fill("And now?");
    await page.getByRole("button", { name: "Send" }).click();
    await page.getByText("Well,").waitFor();
    expect(await barriers()).toEqual([]);
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByText("Stopped. What had been written", { exact: false }).waitFor();
    await page.screenshot({ path: shotOf("chat-en"), fullPage: true });
    expect(complaints()).toEqual([]);
    await close();
    const analyst = await console_.open({ role: "analyst" });
    await analyst.go("/endpoints/routed/chat");
    expect(await analyst.page.getByLabel("Your message").count()).toBe(0);
    await analyst.close();
  });

  it("an analyst looks but does not touch; a reviewer does not see the place", async () => {
    const analyst = await console_.open({ role: "analyst" });
    await analyst.go(`/endpoints/${console_.story.endpoint}`);
    expect(await analyst.page.getByRole("button", { name: "Roll back" }).count()).toBe(0);
    expect(await analyst.page.getByRole("slider").count()).toBe(0);
    await analyst.close();
    const reviewer = await console_.open({ role: "reviewer" });
    await reviewer.go("/");
    expect(await reviewer.page.getByRole("link", { name: "Endpoints" }).count()).toBe(0);
    await reviewer.go("/insight");
    await reviewer.page.getByText("Your role does not open this.", { exact: false }).waitFor();
    await reviewer.close();
  });

  it("the pivot adds up to the report and is saved whole", async () => {
    const { page, go, close } = await console_.open({});
    await go("/insight");
    await page.getByLabel("Rows").selectOption("customer");
    await page.getByLabel("Beside each other").selectOption("model");
    await page.getByRole("gridcell", { name: "青石科技" }).waitFor();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Save as CSV" }).click(),
    ]);
    const chunks: Buffer[] = [];
    for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer);
    const [head, ...lines] = Buffer.concat(chunks).toString().trim().split("\r\n");
    expect(head).toMatch(/^from,model,customer,customer_name,/);
    const answers = lines.reduce((sum, line) => sum + Number(line.split(",").at(-7)), 0);
    expect(answers).toBe(60);
    await close();
  });
});
