import { useMemo } from "react";
import { type Format, formatIn } from "./format.ts";
import { type Language, type TextKey, type Texts, languages, useSpoken } from "./language.ts";

export type Words = Readonly<Record<string, string | number>>;

export interface Speech {
  readonly language: Language;
  /** A text with its words filled in: `{name}`, and `{n|# example|# examples}` by the number's grammar. */
  readonly t: (key: TextKey, words?: Words) => string;
  /** A text for a word of the server, like a state; the word itself where the table has none. */
  readonly word: (family: Family, word: string) => string;
  readonly format: Format;
}

/** Families of keys for the closed sets of words that the server uses. */
export type Family =
  | "state"
  | "failure"
  | "role"
  | "task"
  | "unit"
  | "terms"
  | "channel"
  | "event"
  | "kind"
  | "split"
  | "way"
  | "found"
  | "kept"
  | "checked"
  | "personal"
  | "rejection"
  | "preference";

/** The texts and formats of the language that is spoken now. */
export function useText(): Speech {
  const { language, texts } = useSpoken();
  return useMemo(() => speechIn(language, texts), [language, texts]);
}

export function speechIn(language: Language, texts: Texts): Speech {
  const { locale } = languages[language];
  const plurals = new Intl.PluralRules(locale);
  const format = formatIn(locale);
  const fill = (text: string, words: Words): string =>
    text.replace(/\{(\w+)(?:\|([^|{}]*)\|([^|{}]*))?\}/g, (whole, name: string, one?: string, other?: string) => {
      const value = words[name];
      if (value === undefined) return whole;
      const shown = typeof value === "number" ? format.number(value) : value;
      if (one === undefined || other === undefined) return shown;
      return (plurals.select(Number(value)) === "one" ? one : other).replace("#", shown);
    });
  return {
    language,
    format,
    t: (key, words) => (words ? fill(texts[key], words) : texts[key]),
    word: (family, word) => texts[`${family}.${word}` as TextKey] ?? word.replaceAll("_", " "),
  };
}
