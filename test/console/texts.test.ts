import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { en } from "../../web/src/i18n/en.ts";
import { zh } from "../../web/src/i18n/zh.ts";

const src = path.resolve(import.meta.dirname, "../../web/src");
const sources = readdirSync(src, { recursive: true, encoding: "utf8" })
  .filter((name) => /\.tsx?$/.test(name) && !name.startsWith("i18n") && !name.endsWith("schema.gen.ts"))
  .map((name) => readFileSync(path.join(src, name), "utf8"));

const keys = Object.keys(en);
const whole = sources.join("\n");
/** `word("state", …)` reads every text of its family. */
const families = new Set([...whole.matchAll(/\bword\(\s*"(\w+)"/g)].map(([, family = ""]) => family));
/** `` `home.${…}` `` may read every text that begins so. */
const beginnings = [...whole.matchAll(/`(\w+\.[\w.]*)\$\{/g)].map(([, beginning = ""]) => beginning);
const chinese = /[\u4e00-\u9fff]/;

describe("texts of the console", () => {
  it("looked at something", () => {
    expect(keys.length).toBeGreaterThan(80);
    expect(sources.length).toBeGreaterThan(30);
  });
  it("are in both languages", () => {
    expect(Object.keys(zh).sort()).toEqual([...keys].sort());
    expect(Object.entries({ ...en, ...zh }).filter(([, text]) => text.trim() === "")).toEqual([]);
  });
  it("are all used", () => {
    const used = (key: string): boolean =>
      whole.includes(`"${key}"`) ||
      families.has(key.split(".")[0] ?? "") ||
      beginnings.some((beginning) => key.startsWith(beginning));
    expect(keys.filter((key) => !used(key))).toEqual([]);
  });
  it("ask for the same words", () => {
    const words = (text: string): string[] =>
      [...new Set([...text.matchAll(/\{(\w+)/g)].map(([, word = ""]) => word))].sort();
    const differ = keys.filter(
      (key) => words(en[key as keyof typeof en]).join() !== words(zh[key as keyof typeof zh]).join(),
    );
    expect(differ).toEqual([]);
  });
  it("have no Chinese in English, and no English sentence in Chinese", () => {
    expect(Object.entries(en).filter(([, text]) => chinese.test(text))).toEqual([]);
    const untranslated = Object.entries(zh).filter(
      ([, text]) => !chinese.test(text) && /[a-z]{3,} [a-z]{3,}/i.test(text),
    );
    expect(untranslated).toEqual([]);
  });
  it("are not written into pages", () => {
    // a text node of JSX that begins with a letter and has two words
    const inPages = sources.flatMap((text) =>
      [...text.matchAll(/>\s*([A-Z][a-z]+ [a-z]+[^<>{}=]*)</g)].map(([, found]) => found),
    );
    expect(inPages).toEqual([]);
  });
});
