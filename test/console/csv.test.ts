import { describe, expect, it } from "vitest";
import { plainAmount } from "../../web/src/i18n/format.ts";
import { csvCell } from "../../web/src/ui/download-csv.ts";

describe("a cell of a file for a spreadsheet", () => {
  const rows: readonly [story: string, cell: string | number, written: string][] = [
    ["a word", "Lantern", "Lantern"],
    ["a comma", "Lantern, Sons", '"Lantern, Sons"'],
    ["quotes and lines", 'a "b"\nc', '"a ""b""\nc"'],
    ["a number", -0.15, "-0.15"],
    ["an amount below zero is no formula", "-15.00", "-15.00"],
    [
      "a formula in a customer's name is text",
      '=HYPERLINK("http://evil.example")',
      `"'=HYPERLINK(""http://evil.example"")"`,
    ],
    ["others that spreadsheets run", "@SUM(A1)", "'@SUM(A1)"],
    ["one that begins as a number", "-1+cmd|' /C calc'!A0", "'-1+cmd|' /C calc'!A0"],
  ];
  it.each(rows)("%s", (_story, cell, written) => expect(csvCell(cell)).toBe(written));

  it("amounts keep every digit and have no marks of a language", () => {
    expect(plainAmount({ amount_nanos: "1234567500000000", currency: "usd" })).toBe("1234567.50");
    expect(plainAmount({ amount_nanos: "-1500", currency: "eur" })).toBe("-0.0000015");
    expect(plainAmount({ amount_nanos: "2000000000", currency: "jpy" })).toBe("2");
  });
});
