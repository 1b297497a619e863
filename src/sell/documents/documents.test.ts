import { describe, expect, it } from "vitest";
import { readFaces, runsOf } from "./fonts.ts";
import { documentHtml } from "./html.ts";
import { documentPdf, wrapText } from "./pdf.ts";
import type { DocumentView } from "./view.ts";
import { dateText, describeStep, moneyText } from "./words.ts";

const view: DocumentView = {
  kind: "invoice",
  number: "INV-2026-000042",
  issuedAtMs: Date.parse("2026-02-01T00:30Z"),
  payByMs: Date.parse("2026-02-15T00:30Z"),
  seller: { name: "Your company", address: ["1 High Street", "12345 Berlin"], taxId: "DE136695976" },
  buyer: { name: "星河科技 <有限公司> & Søn", address: ["上海市"], taxId: null },
  period: { startMs: Date.parse("2026-01-01T00:00Z"), endMs: Date.parse("2026-02-01T00:00Z") },
  timeZone: "UTC",
  currency: "usd",
  lines: [
    { about: { kind: "fee", product: "spam", plan: "Basic", part: null }, amountNanos: 29_000_000_000n, steps: [] },
    {
      about: {
        kind: "usage",
        product: "spam",
        plan: "Basic",
        unit: "output_tokens",
        units: 1_200,
        lateUnits: 7,
        freeUnits: 500,
      },
      amountNanos: 1_400_000_000n,
      steps: [
        { rule: "free", count: 500, rateNanos: null, amountNanos: 0n },
        { rule: "units", count: 700, rateNanos: 2_000_000_000n, amountNanos: 1_400_000_000n },
      ],
    },
    {
      about: { kind: "item", service: "labelling", text: "January", quantity: 20 },
      amountNanos: 5_000_000_000n,
      steps: [],
    },
    { about: { kind: "discount", code: "SPRING" }, amountNanos: -1_000_000_000n, steps: [] },
    { about: { kind: "tax", name: "VAT", partsPerMillion: 190_000 }, amountNanos: 6_540_000_000n, steps: [] },
  ],
  tax: { note: "charged", amountNanos: 6_540_000_000n },
  totalNanos: 40_940_000_000n,
  dueNanos: 40_940_000_000n,
  carriedOutNanos: 4_000_000n,
  credits: null,
  reason: null,
  terms: "Bank transfer",
};

describe("an invoice as HTML", () => {
  it("says everything in English", () => {
    const html = documentHtml(view, "en");
    for (const words of [
      "Invoice INV-2026-000042",
      "spam, Basic: 1,200 output tokens, 500 of them free (7 from before this period)",
      "<li>700 at USD 2.00 per 1,000 = USD 1.40</li>",
      "Labelling: January × 20",
      "Discount SPRING",
      "VAT 19 %",
      "USD 40.94",
      "2026-01-01 – 2026-01-31",
      "How to pay: Bank transfer",
    ])
      expect(html).toContain(words);
  });
  it("and in Chinese", () => {
    const html = documentHtml(view, "zh");
    for (const words of [
      "账单 INV-2026-000042",
      "1,200 个输出词元，其中免费 500（含上期 7）",
      "标注服务：January × 20",
      "2026年2月1日",
    ])
      expect(html).toContain(words);
  });
  it("lets nobody write markup", () => {
    const html = documentHtml(view, "en");
    expect(html).toContain("星河科技 &lt;有限公司&gt; &amp; Søn");
    expect(html).not.toContain("<有限公司>");
  });
  it("a credit note says what it takes back, and where the money went", () => {
    const html = documentHtml(
      { ...view, kind: "credit_note", dueNanos: 0n, credits: "INV-2026-000001", reason: "outage" },
      "en",
    );
    for (const words of ["Credit note", "INV-2026-000001", "outage", "Back to balance"]) expect(html).toContain(words);
  });
});

describe("an invoice as PDF", () => {
  it.each(["en", "zh"] as const)("is small, the same every time, and has the text in it (%s)", async (language) => {
    const pdf = await documentPdf(view, language);
    expect(pdf.subarray(0, 5).toString()).toBe("%PDF-");
    expect(pdf.length).toBeLessThan(80_000); // of 1.6 MB of fonts
    expect(pagesOf(pdf)).toBe(1);
    expect((await documentPdf(view, language)).equals(pdf)).toBe(true);
  });
  it("goes on over several pages", async () => {
    const lines = Array.from({ length: 120 }, () => view.lines[1]!);
    expect(pagesOf(await documentPdf({ ...view, lines }, "en"))).toBeGreaterThan(3);
  });
});

const pagesOf = (pdf: Buffer): number => pdf.toString("latin1").match(/\/Type \/Page\b/g)?.length ?? 0;

describe("text", () => {
  it("is drawn by the first font that has the character", async () => {
    const [first, ...others] = await readFaces();
    const runs = runsOf("Søn 发票 Привет ☃", [first!, ...others]);
    expect(runs.map(({ face, text }) => [face.name.split("-400")[0], text])).toEqual([
      ["noto-sans-latin", "Søn "],
      ["noto-sans-sc-chinese-simplified", "发票 "],
      ["noto-sans-cyrillic", "Привет ?"],
    ]);
  });
  it("breaks at spaces, and anywhere in Chinese", () => {
    const width = (text: string): number => text.length;
    expect(wrapText("one two three", 7, width)).toEqual(["one two", "three"]);
    expect(wrapText("一二三四五", 2, width)).toEqual(["一二", "三四", "五"]);
    expect(wrapText("abcdefgh", 3, width)).toEqual(["abc", "def", "gh"]);
  });
  it.each([
    [1_234_567_000_000_000n, "usd", "USD 1,234,567.00"],
    [-12_500_000_000n, "usd", "USD -12.50"],
    [1_500_000n, "usd", "USD 0.0015"],
    [1_000_000_000n, "jpy", "JPY 1"],
  ] as const)("money %s %s", (nanos, currency, text) => {
    expect(moneyText(nanos, currency)).toBe(text);
  });
  it("days are those of the zone", () => {
    const ms = Date.parse("2026-01-31T17:00Z");
    expect([dateText(ms, "Asia/Shanghai", "zh"), dateText(ms, "UTC", "en")]).toEqual(["2026年2月1日", "2026-01-31"]);
  });
  it("steps speak of caps and commitments", () => {
    const step = { count: 1, rateNanos: 5_000_000_000n, amountNanos: 1n };
    expect(describeStep({ ...step, rule: "cap" }, "en", "usd")).toBe("beyond the maximum of USD 5.00");
    expect(describeStep({ ...step, rule: "commitment" }, "zh", "cny")).toBe("补足最低消费 CNY 5.00");
  });
});
