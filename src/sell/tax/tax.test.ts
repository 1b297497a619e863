import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type TaxBuyer, type TaxSeller, decideTax, taxOf } from "./decide.ts";
import { builtInRates, rateAt } from "./rates.ts";
import { assertCountry, parseTaxId, union } from "./tax-id.ts";

const day = (text: string): number => Date.parse(text);
const seller = (country: string | null, registeredIn: string[] = [], pricesInclude = false): TaxSeller => ({
  country,
  registeredIn,
  pricesInclude,
});
const buyer = (country: string | null, taxId: string | null = null, exempt = false): TaxBuyer => ({
  country,
  taxId,
  exempt,
});

describe("which tax is charged", () => {
  const cases: [string, TaxSeller, TaxBuyer, string, string][] = [
    ["a seller without a country charges none", seller(null), buyer("DE"), "2026-01-01", "none"],
    ["at home the home rate", seller("DE"), buyer("DE"), "2026-01-01", "charged DE 190000"],
    ["at home also between businesses", seller("DE"), buyer("DE", "DE136695976"), "2026-01-01", "charged DE 190000"],
    ["the half year of 16 %", seller("DE"), buyer("DE"), "2020-12-31", "charged DE 160000"],
    ["and the day after", seller("DE"), buyer("DE"), "2021-01-01", "charged DE 190000"],
    ["a buyer of unknown country is at home", seller("DE"), buyer(null), "2026-01-01", "charged DE 190000"],
    [
      "businesses in the Union: reverse charge",
      seller("DE"),
      buyer("FR", "FR40303265045"),
      "2026-01-01",
      "reverse_charge",
    ],
    ["consumers in the Union: the home rate", seller("DE"), buyer("FR"), "2026-01-01", "charged DE 190000"],
    ["or theirs, once registered", seller("DE", ["FR"]), buyer("FR"), "2026-01-01", "charged FR 200000"],
    ["one registration serves the Union", seller("DE", ["FR"]), buyer("FI"), "2026-01-01", "charged FI 255000"],
    ["abroad there is none", seller("DE"), buyer("US"), "2026-01-01", "outside"],
    [
      "an id from outside the Union is no reverse charge",
      seller("DE"),
      buyer("CH", "CHE107787577IVA"),
      "2026-01-01",
      "outside",
    ],
    ["unless registered there", seller("DE", ["CH"]), buyer("CH"), "2026-01-01", "charged CH 81000"],
    ["a seller outside the Union", seller("CN"), buyer("DE"), "2026-01-01", "outside"],
    ["China at home", seller("CN"), buyer("CN"), "2026-01-01", "charged CN 60000"],
    ["who is exempt", seller("DE"), buyer("DE", null, true), "2026-01-01", "exempt"],
    ["prices that include it", seller("GB", [], true), buyer("GB"), "2026-01-01", "included GB 200000"],
  ];
  it.each(cases)("%s", (_story, seller, buyer, at, expected) => {
    const decision = decideTax({ seller, buyer, atMs: day(at), rates: [] });
    const rate = "rate" in decision ? ` ${decision.rate.country} ${decision.rate.partsPerMillion}` : "";
    expect(`${decision.treatment}${rate}`).toBe(expected);
  });
  it("an unknown rate is refused, never zero", () => {
    const ask = { seller: seller("US"), buyer: buyer("US"), atMs: day("2026-01-01"), rates: [] };
    expect(() => decideTax(ask)).toThrow(expect.objectContaining({ code: "conflict" }));
  });
  it("the operator's own rate stands before the built-in one, from its day on", () => {
    const own = [{ country: "DE", name: "VAT", partsPerMillion: 210_000, fromMs: day("2027-01-01") }];
    expect(rateAt("DE", day("2026-12-31"), own)?.partsPerMillion).toBe(190_000);
    expect(rateAt("DE", day("2027-01-01"), own)?.partsPerMillion).toBe(210_000);
  });
});

describe("the amount of tax", () => {
  const rate = { country: "DE", name: "VAT", partsPerMillion: 190_000, fromMs: 0 };
  it.each<[string, "charged" | "included", bigint, bigint]>([
    ["on top", "charged", 100_000_000_000n, 19_000_000_000n],
    ["within", "included", 119_000_000_000n, 19_000_000_000n],
    ["half a cent rounds up", "charged", 500_000_000n, 100_000_000n],
    ["of a credit note, the mirror", "charged", -500_000_000n, -100_000_000n],
  ])("%s", (_story, treatment, amount, tax) => {
    expect(taxOf({ treatment, rate }, amount, "usd")).toBe(tax);
  });
  it("is nothing without a rate", () => {
    expect(taxOf({ treatment: "reverse_charge" }, 100n, "usd")).toBe(0n);
  });
  it("on top of the net and within the gross differ by less than a coin", () => {
    const nets = fc.bigInt({ min: 0n, max: 10n ** 15n }).map((cents) => cents * 10_000_000n);
    fc.assert(
      fc.property(nets, fc.integer({ min: 0, max: 300_000 }), (net, partsPerMillion) => {
        const of = { ...rate, partsPerMillion };
        const tax = taxOf({ treatment: "charged", rate: of }, net, "usd");
        const within = taxOf({ treatment: "included", rate: of }, net + tax, "usd");
        expect(tax - within <= 10_000_000n && within - tax <= 10_000_000n).toBe(true);
      }),
      { seed: 5 },
    );
  });
});

describe("tax ids", () => {
  it.each([
    ["DE", "DE 136 695 976", "DE136695976"],
    ["DE", "136695976", "DE136695976"],
    ["FR", "FR 40 303265045", "FR40303265045"],
    ["GR", "EL094259216", "EL094259216"],
    ["AT", "ATU13585627", "ATU13585627"],
    ["NL", "NL004495445B01", "NL004495445B01"],
    ["GB", "980 7806 84", "980780684"],
    ["CH", "CHE-107.787.577 IVA", "CHE107787577IVA"],
    ["CN", "91110000600037341L", "91110000600037341L"],
    ["AU", "83 914 571 673", "83914571673"],
    ["IN", "27AAPFU0939F1ZV", "27AAPFU0939F1ZV"],
    ["BR", "16.727.230/0001-97", "16727230000197"],
    ["MA", "any 1234", "ANY1234"],
  ])("of %s: %s", async (country, text, printed) => {
    expect(await parseTaxId(country, text)).toBe(printed);
  });
  it.each([
    ["DE", "DE136695978", "a wrong check digit"],
    ["DE", "FR40303265045", "another country's"],
    ["CN", "91110000600037341N", "a wrong check letter"],
    ["GB", "<script>", "no id at all"],
    ["AU", "", "nothing"],
  ])("of %s is refused: %s, %s", async (country, text) => {
    await expect(parseTaxId(country, text)).rejects.toMatchObject({ code: "invalid_request" });
  });
  it("every scheme of the Union is known to the library, and has a rate", async () => {
    expect(union.size).toBe(27);
    for (const country of union) {
      expect(
        builtInRates.some((rate) => rate.country === country),
        country,
      ).toBe(true);
      await expect(parseTaxId(country, "0000"), country).rejects.toMatchObject({ code: "invalid_request" });
    }
  });
  it.each(["de", "XX", "DEU", ""])("a country is not %j", (country) => {
    expect(() => assertCountry(country)).toThrow(expect.objectContaining({ code: "invalid_request" }));
  });
});
