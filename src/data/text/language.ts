/** Tells languages apart: an ISO 639-1 code, or `und` where a text is too short or too odd to tell. */
export type DetectLanguage = (text: string) => Promise<string>;

/** By script where the script decides, by n-grams elsewhere; their tables (1 MB) are loaded when first needed. */
export function openLanguageDetector(): DetectLanguage {
  let loading: Promise<(text: string) => string> | undefined;
  return async (text) => {
    const start = text.slice(0, readCharsMax);
    const byScript = languageByScript(start);
    if (byScript !== undefined) return byScript;
    loading ??= loadNgrams();
    return (await loading)(start);
  };
}

const readCharsMax = 600;

async function loadNgrams(): Promise<(text: string) => string> {
  const { eld } = await import("eld/extrasmall");
  return (text) => {
    const found = eld.detect(text);
    return found.language !== "" && found.isReliable() ? found.language : "und";
  };
}

/** Scripts that one language all but owns. Han without kana is Chinese, with kana Japanese. */
const scripts: readonly { readonly language: string; readonly letters: RegExp }[] = [
  { language: "zh", letters: /\p{Script=Han}/gu },
  { language: "ja", letters: /[\p{Script=Hiragana}\p{Script=Katakana}]/gu },
  { language: "ko", letters: /\p{Script=Hangul}/gu },
  { language: "th", letters: /\p{Script=Thai}/gu },
  { language: "el", letters: /\p{Script=Greek}/gu },
  { language: "he", letters: /\p{Script=Hebrew}/gu },
  { language: "ka", letters: /\p{Script=Georgian}/gu },
  { language: "hy", letters: /\p{Script=Armenian}/gu },
];

function languageByScript(text: string): string | undefined {
  if (!/[^\0-\u024f]/.test(text)) return undefined;
  const letters = countOf(text, /\p{L}/gu);
  const counts = new Map(scripts.map(({ language, letters: script }) => [language, countOf(text, script)]));
  const kana = counts.get("ja") ?? 0;
  const japanese = kana + (counts.get("zh") ?? 0);
  if (kana > japanese / 20 && japanese * 2 > letters) return "ja";
  return [...counts].find(([, count]) => count * 2 > letters)?.[0];
}

const countOf = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0;
