import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countPersonalData, findPersonalData, redactPersonalData } from "./personal.ts";

describe("personal data that is found", () => {
  it.each([
    ["a mail address", "write to jane.doe+news@mail.example.co.uk today", "write to [EMAIL] today"],
    ["a mail address in angle brackets", "Jane <jane@example.com>", "Jane <[EMAIL]>"],
    ["a mail address at the end of a sentence", "Ask jane@example.com.", "Ask [EMAIL]."],
    ["a mail address inside Chinese text", "邮箱abc@qq.com请联系", "邮箱[EMAIL]请联系"],
    ["an American number", "call (212) 555-0187 now", "call [PHONE] now"],
    ["an American number with dots", "212.555.0187", "[PHONE]"],
    ["a toll-free number", "Call 1-800-555-0199!", "Call [PHONE]!"],
    ["an international number", "Tel. +44 20 7946 0958", "Tel. [PHONE]"],
    ["an international number in one run", "Ring +4915112345678.", "Ring [PHONE]."],
    ["a London number", "020 7946 0958", "[PHONE]"],
    ["a Chinese mobile", "手机13812345678，请回电", "手机[PHONE]，请回电"],
    ["a Chinese mobile in groups", "138 1234 5678", "[PHONE]"],
    ["a Chinese landline", "电话010-62781234", "电话[PHONE]"],
    ["a Visa test card", "my card 4111 1111 1111 1111 is lost", "my card [CARD] is lost"],
    ["a Mastercard in one run", "5555555555554444", "[CARD]"],
    ["an American Express card", "3782 822463 10005", "[CARD]"],
    ["a UnionPay card", "6200000000000005", "[CARD]"],
    ["a German IBAN", "IBAN DE89 3704 0044 0532 0130 00, thanks", "IBAN [IBAN], thanks"],
    ["a British IBAN in one run", "GB29NWBK60161331926819", "[IBAN]"],
    ["a Chinese resident id", "身份证11010519491231002X", "身份证[ID]"],
    ["two kinds in one line", "jane@example.com, +44 20 7946 0958", "[EMAIL], [PHONE]"],
  ])("%s", (_story, text, redacted) => {
    expect(redactPersonalData(text).text).toBe(redacted);
    expect(redactPersonalData(redacted).text).toBe(redacted);
  });
});

describe("where it stands", () => {
  it("is told by kind, in the order of the text", () => {
    const text = "手机13812345678，卡 4111 1111 1111 1111, jane@example.com.";
    expect(findPersonalData(text).map(({ kind, start, end }) => [kind, text.slice(start, end)])).toEqual([
      ["phone", "13812345678"],
      ["card", "4111 1111 1111 1111"],
      ["email", "jane@example.com"],
    ]);
  });

  it("nothing is told twice, and without it nothing is left to tell", () => {
    const pieces = fc.constantFrom(
      ..."jane@example.com|+44 20 7946 0958|4111 1111 1111 1111|DE89 3704 0044 0532 0130 00|11010519491231002X|13812345678".split(
        "|",
      ),
      ..."a|1| |-|.|@|+|(|电|\n".split("|"),
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
        const text = parts.join("");
        const spans = findPersonalData(text);
        for (const [at, { start, end }] of spans.entries()) {
          expect(end).toBeGreaterThan(start);
          expect(start).toBeGreaterThanOrEqual(spans[at - 1]?.end ?? 0);
        }
        const { counts } = redactPersonalData(text);
        expect(Object.values(counts).reduce((sum, n) => sum + n, 0)).toBe(spans.length);
        expect(counts).toEqual(countPersonalData(text));
      }),
    );
  });
});

describe("what only looks like personal data", () => {
  it.each([
    ["a date", "2026-01-15"],
    ["a date and time", "2026-01-15 10:20:30"],
    ["an address of a machine", "192.168.100.200"],
    ["a version", "1.2.3.4567"],
    ["a price with thousands", "$1,234,567.89"],
    ["a book number", "978-3-16-148410-0"],
    ["a card number with a wrong digit", "4111 1111 1111 1112"],
    ["sixteen zeros", "0000000000000000"],
    ["sixteen digits of no issuer", "9999999999999995"],
    ["a German IBAN with a wrong digit", "DE89 3704 0044 0532 0130 01"],
    ["a resident id with a wrong check digit", "110105194912310021"],
    ["a resident id with month 13", "11010519491331002X"],
    ["a mention", "@millrace says @ 5 pm"],
    ["a file at a host without a dot", "root@localhost"],
    ["a long order number", "order 20260115103045123"],
    ["a UUID", "123e4567-e89b-12d3-a456-426614174000"],
    ["a hash", "deadbeef13812345678cafe"],
    ["a decimal fraction", "0.13812345678"],
    ["a sum", "1+2345678"],
    ["a year range", "1998-2002"],
    ["a mail address of dots", "..@example.com"],
    ["no digits at all", "hello"],
  ])("%s", (_story, text) => {
    expect(redactPersonalData(text)).toEqual({
      text,
      counts: { email: 0, phone: 0, card: 0, iban: 0, resident_id: 0 },
    });
  });

  it.each(["a", "1", "1 ", "a.", "+1-", "DE12 ", "a@", "(0"])("200,000 characters of %j take no second", (piece) => {
    const start = performance.now();
    countPersonalData(piece.repeat(Math.floor(200_000 / piece.length)));
    expect(performance.now() - start).toBeLessThan(1_000);
  });
});

it("counts, and keeps nothing of what it counted", () => {
  const counts = countPersonalData("a@b.example and c@d.example, card 4111111111111111");
  expect(counts).toEqual({ email: 2, phone: 0, card: 1, iban: 0, resident_id: 0 });
});
