import { mkdirSync } from "node:fs";
import path from "node:path";
import type { Console } from "./harness.ts";
import type { ConsolePage, Role } from "./window.ts";

const windows = [
  { language: "en", theme: "light", width: 1280 },
  { language: "zh", theme: "dark", width: 375 },
] as const;

/** A page's name, in its picture's too, and where it is. */
export type Place = readonly [name: string, at: string];

interface Looking {
  readonly role?: Role | null;
  /** How one gets in who signs in by no link of the team. */
  readonly enter?: (opened: ConsolePage) => Promise<void>;
}

/**
 * What is wrong with pages: barriers, complaints, scrolling sideways, a script of somebody's text that ran. In turn each is
 * looked at in English, light and wide, or in Chinese, dark and narrow, so that each page and each window has its look in a
 * test run; in both with `MILLRACE_EVERY_WINDOW=1`, which also leaves pictures in `web/shots`.
 */
export async function lookAt(
  { open }: Pick<Console, "open">,
  places: readonly Place[],
  { role = "owner", enter }: Looking = {},
): Promise<string[]> {
  const problems: string[] = [];
  const everywhere = process.env["MILLRACE_EVERY_WINDOW"] === "1";
  mkdirSync(shots, { recursive: true });
  for (const [turn, window] of windows.entries()) {
    const inTurn = places.filter((_, place) => everywhere || place % windows.length === turn);
    if (inTurn.length === 0) continue;
    const opened = await open({ ...window, role: enter ? null : role });
    await enter?.(opened);
    for (const [name, at] of inTurn) {
      await opened.go(at);
      const found = [...(await opened.barriers()), ...opened.complaints()];
      if (await opened.page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth))
        found.push("it scrolls sideways");
      if ((await opened.page.title()) === takenTitle) found.push("a script of somebody's text ran");
      problems.push(...found.map((problem) => `${name} in ${window.language}: ${problem}`));
      await opened.page.screenshot({ path: shotOf(`${name}-${window.language}`), fullPage: true });
    }
    await opened.close();
  }
  return problems;
}

/** What the scripts in hostile texts call the window, if one of them ever runs. */
export const takenTitle = "taken";

/** Where a picture of this name goes. */
export const shotOf = (name: string): string => path.join(shots, `${name}.png`);

const shots = path.resolve(import.meta.dirname, "../../web/shots");
