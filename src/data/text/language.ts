/** Tells languages apart by their n-grams: ISO 639-1 code, or `und` where a text is too short or too odd to tell. */
export type DetectLanguage = (text: string) => string;

/** Loads the tables (1.6 MB), so only those pay who need it. */
export async function openLanguageDetector(): Promise<DetectLanguage> {
  const { eld } = await import("eld/small");
  return (text) => {
    const found = eld.detect(text.slice(0, readCharsMax));
    return found.language !== "" && found.isReliable() ? found.language : "und";
  };
}

const readCharsMax = 600;
