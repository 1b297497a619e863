import { useSyncExternalStore } from "react";
import type { en } from "./en.ts";

export type TextKey = keyof typeof en;
export type Texts = Readonly<Record<TextKey, string>>;

/** The languages of the console; each table is a chunk of its own, loaded when it is spoken. */
export const languages = {
  en: { name: "English", locale: "en", load: async () => (await import("./en.ts")).en as Texts },
  zh: { name: "中文", locale: "zh-CN", load: async () => (await import("./zh.ts")).zh as Texts },
} as const;
export type Language = keyof typeof languages;

interface Spoken {
  readonly language: Language;
  readonly texts: Texts;
}

const remembered = "millrace.language";
const listeners = new Set<() => void>();
let spoken: Spoken | undefined;

/** The one remembered, else the browser's, else English. */
export function preferredLanguage(): Language {
  const wishes = [localStorage.getItem(remembered), ...navigator.languages];
  const found = wishes.map((wish) => wish?.slice(0, 2)).find((wish) => wish !== undefined && wish in languages);
  return (found ?? "en") as Language;
}

/** Loads a language's texts and shows them everywhere. */
export async function speak(language: Language): Promise<void> {
  spoken = { language, texts: await languages[language].load() };
  localStorage.setItem(remembered, language);
  document.documentElement.lang = languages[language].locale;
  for (const listener of listeners) listener();
}

export function useSpoken(): Spoken {
  return useSyncExternalStore(subscribe, current);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function current(): Spoken {
  if (!spoken) throw new Error("A language is loaded before the first render.");
  return spoken;
}
