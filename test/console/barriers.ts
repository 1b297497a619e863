import axe from "axe-core";
import type { Page } from "playwright-core";

const standards = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** What axe finds wrong with a page, by WCAG 2.2 AA; in one line each. */
export async function barriersOf(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source); // by the debugger, which the page's policy does not bind
  const violations = await page.evaluate(async (values) => {
    const { axe } = globalThis as unknown as { axe: { run(options: object): Promise<{ violations: Violation[] }> } };
    interface Violation {
      id: string;
      help: string;
      nodes: { html: string; failureSummary?: string }[];
    }
    // no reasons for what is right, and no waiting for what a page has loaded already
    const options = { runOnly: { type: "tag", values }, resultTypes: ["violations"], preload: false };
    return (await axe.run(options)).violations;
  }, standards);
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${help}: ${html.slice(0, 160)} ${failureSummary ?? ""}`),
  );
}
