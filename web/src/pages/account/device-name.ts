/** The first that fits counts: every browser names those whose pages it can show, and Android names Linux. */
const browsers = [
  [/Edg\//, "Edge"],
  [/OPR\//, "Opera"],
  [/Firefox\//, "Firefox"],
  [/Chrome\//, "Chrome"],
  [/Safari\//, "Safari"],
] as const;
const systems = [
  [/iPhone|iPad/, "iOS"],
  [/Android/, "Android"],
  [/Windows/, "Windows"],
  [/Mac OS/, "macOS"],
  [/Linux/, "Linux"],
] as const;

/** “Firefox, Windows” of what a browser says it is; undefined of an empty text. */
export function deviceName(said: string): string | undefined {
  const names = [browsers, systems].flatMap((table) => table.find(([form]) => form.test(said))?.[1] ?? []);
  return names.length > 0 ? names.join(", ") : said.slice(0, 40) || undefined;
}
