import { describe, expect, it } from "vitest";
import { cleanText } from "../text/clean.ts";
import { htmlToText } from "./html-text.ts";
import { readMail } from "./mail.ts";

/** Lines to bytes; characters stand for bytes. */
const mailOf = (...lines: string[]): Buffer => Buffer.from(lines.join("\n"), "latin1");

const read = (...lines: string[]): { subject: string; body: string } | undefined => {
  const mail = readMail(mailOf(...lines));
  return mail && { subject: cleanText(mail.subject), body: cleanText(mail.body) };
};

describe("what a person reads in a mail", () => {
  const stories: [string, string[], string, string][] = [
    ["a plain mail", ["From: a@b.example", "Subject: Lunch", "", "At noon?"], "Lunch", "At noon?"],
    [
      "a line that begins with From belongs to the mailbox, not to the mail",
      ["From a@b.example Mon Jan 1", "Subject: Hi", "", "x"],
      "Hi",
      "x",
    ],
    ["a subject folded over two lines", ["Subject: one", "\ttwo", "", "x"], "one two", "x"],
    ["Windows line ends", ["Subject: Hi\r", "From: a\r", "\r", "x\r", "y"], "Hi", "x\ny"],
    ["no subject", ["From: a@b.example", "", "x"], "", "x"],
    ["no body", ["Subject: Hi", ""], "Hi", ""],
    [
      "headers, and then text without the empty line between",
      ["Subject: Hi", "From: a", "This is no header"],
      "Hi",
      "This is no header",
    ],
    [
      "quoted-printable with soft line ends",
      ["Subject: Hi", "Content-Transfer-Encoding: quoted-printable", "", "caf=C3=A9 =", "au lait =3D good"],
      "Hi",
      "café au lait = good",
    ],
    [
      "base64",
      [
        "Subject: Hi",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: BASE64",
        "",
        "Y2Fm",
        "w6k=",
      ],
      "Hi",
      "café",
    ],
    [
      "a subject in encoded words, the space between them not text",
      ["Subject: =?utf-8?B?5L2g?= =?UTF-8?q?=E5=A5=BD_caf=C3=A9?= ok", "", "x"],
      "你好 café ok",
      "x",
    ],
    ["a subject in raw Latin-1", ["Subject: caf\xe9", "", "x"], "café", "x"],
    [
      "a subject in the raw charset of the body",
      ["Subject: \xc4\xe3\xba\xc3", "Content-Type: text/plain; charset=gb2312", "", "x"],
      "你好",
      "x",
    ],
  ];
  it.each(stories)("%s", (_story, lines, subject, body) => {
    expect(read(...lines)).toEqual({ subject, body });
  });
});

describe("charsets, as declared and as they are", () => {
  const stories: [string, string, string, string][] = [
    ["Latin-1", "iso-8859-1", "caf\xe9", "café"],
    ["windows-1252 quotes that call themselves Latin-1", "iso-8859-1", "\x93so\x94 \x80 5", "“so” € 5"],
    ["Cyrillic", "koi8-r", "\xf0\xd2\xc9\xd7\xc5\xd4", "Привет"],
    ["Japanese", "iso-2022-jp", "\x1b$B$3$s\x1b(B", "こん"],
    ["Chinese, the name in quotes and in error", '3D"GB2312_CHARSET"', "\xc4\xe3\xba\xc3", "你好"],
    ["UTF-8", "utf-8", "caf\xc3\xa9", "café"],
    ["UTF-8 that is not", "utf-8", "caf\xe9", "café"],
    ["ASCII that is not", "us-ascii", "caf\xe9", "café"],
    ["ASCII that is UTF-8", "us-ascii", "caf\xc3\xa9", "café"],
    ["a charset nobody knows", "x-klingon", "caf\xe9", "café"],
    ["the word unknown-8bit", "unknown-8bit", "na\xefve", "naïve"],
    ["Korean declared, Latin-1 sent", "euc-kr", "\xe9 \xe8 \xe0 \xf9 \xea", "é è à ù ê"],
  ];
  it.each(stories)("%s", (_story, charset, sent, text) => {
    expect(read("Subject: s", `Content-Type: text/plain; charset=${charset}`, "", sent)?.body).toBe(text);
  });
});

describe("mails of several parts", () => {
  const part = (type: string, ...lines: string[]): string[] => ["--b", `Content-Type: ${type}`, "", ...lines];
  const mail = (type: string, ...parts: string[][]): string | undefined =>
    read("Subject: s", `Content-Type: ${type}; boundary="b"`, "", "preamble", ...parts.flat(), "--b--", "epilogue")
      ?.body;

  it("of alternatives the plain one is read", () => {
    expect(mail("multipart/alternative", part("text/html", "<b>rich</b>"), part("text/plain", "plain"))).toBe("plain");
  });
  it("unless it is blank", () => {
    expect(mail("multipart/alternative", part("text/plain", " "), part("text/html", "<b>rich</b>"))).toBe("rich");
  });
  it("of mixed parts all texts are read, attachments are not", () => {
    const attached = [
      "--b",
      "Content-Type: text/plain",
      "Content-Disposition: attachment; filename=a.txt",
      "",
      "secret",
    ];
    expect(
      mail(
        "multipart/mixed",
        part("text/plain", "one"),
        attached,
        part("image/png", "\x89PNG"),
        part("text/plain", "two"),
      ),
    ).toBe("one\n\ntwo");
  });
  it("a forwarded mail is read with its subject, not its headers", () => {
    expect(mail("multipart/mixed", part("message/rfc822", "Received: from x", "Subject: inner", "", "text"))).toBe(
      "inner\n\ntext",
    );
  });
  it("a last boundary that is missing ends at the end", () => {
    expect(read("Subject: s", 'Content-Type: multipart/mixed; boundary="b"', "", "--b", "", "text")?.body).toBe("text");
  });
  it("a boundary that never comes leaves the body as it is", () => {
    expect(read("Subject: s", 'Content-Type: multipart/mixed; boundary="b"', "", "text")?.body).toBe("text");
  });
  it("a mail that nests itself a thousand times is read to a depth, without harm", () => {
    const nested = Array.from({ length: 1_000 }, () => "Subject: s\nContent-Type: message/rfc822\n\n").join("");
    expect(readMail(Buffer.from(`${nested}Subject: end\n\ntext`))?.body.length).toBeLessThan(100);
  });
});

describe("headers", () => {
  it("none but the subject is kept; what was stripped is told", () => {
    const mail = readMail(
      mailOf("Received: from x", "Received: from y", "X-Spam-Status: Yes", "List-Id: <l>", "Subject: Hi", "", "x"),
    );
    expect(mail?.strippedHeaders).toEqual(["received", "x-spam-status", "list-id"]);
  });
  it("a file without a header of a mail is none", () => {
    expect(readMail(Buffer.from('{"id": 1}'))).toBeUndefined();
    expect(readMail(Buffer.from("mv 00001 00002\nmv 3 4\n"))).toBeUndefined();
    expect(readMail(Buffer.from(""))).toBeUndefined();
  });
});

describe("HTML to text", () => {
  it.each([
    ["paragraphs and breaks are lines", "<p>one</p><p>two<br>three</p>", "one\n\ntwo\nthree"],
    ["white space is one space", "<b>one</b>\n\n  two", "one two"],
    ["scripts, styles and titles are not read", "<title>t</title><style>p{}</style><script>if(a<b)</script>x", "x"],
    ["an unclosed script hides the rest", "x<script>var a", "x"],
    ["a head has no text but its title", "<head><meta x><title>t</title><body>text", "text"],
    ["comments are not read", "a<!-- <b>no</b> -->b", "ab"],
    [
      "entities by name, number and hex, with and without semicolon",
      "&lt;&#65;&#x42;&amp;&nbsp;&eacute;&copy&hellip;",
      "<AB& é©…",
    ],
    ["a windows-1252 number", "it&#146;s", "it’s"],
    ["what is no entity stays", "AT&T &unknown; &#999999999;", "AT&T &unknown; &#999999999;"],
    ["a picture is its description", '<img src="x" alt="Free offer">now', "Free offer now"],
    ["cells are apart", "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"],
    ["a smaller-than sign is text", "1 < 2 and 3<4", "1 < 2 and 3<4"],
    ["a quoted greater-than sign does not end a tag", '<a title="a>b">link</a>', "link"],
    ["a quote that never closes does", '<a title="x>link</a> text', "link text"],
    ["words split by empty tags come together", "via<b></b>gra", "viagra"],
  ])("%s", (_story, html, text) => {
    expect(htmlToText(html)).toBe(text);
  });

  it.each(["<", "<a ", "<!--", "<script>", "<head>", "<a b='", '<p a="', "&#", "<td>"])(
    "half a million characters of %j take no second",
    (piece) => {
      const start = performance.now();
      htmlToText(piece.repeat(Math.floor(500_000 / piece.length)));
      expect(performance.now() - start).toBeLessThan(1_000);
    },
  );
});
