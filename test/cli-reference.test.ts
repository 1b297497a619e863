import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, it } from "vitest";
import { commandHelp } from "../src/cli/help.ts";
import { commands } from "../src/cli/index.ts";
import { initFolder, loadConfig } from "../src/config.ts";
import { refusalCodes } from "../src/kernel/errors.ts";

const root = path.resolve(import.meta.dirname, "..");
const page = (name: string): string => readFileSync(path.join(root, name), "utf8");

/** `npx vitest run test/cli-reference.test.ts --update` writes the page. */
it("docs/reference/cli.md is what the commands say", async () => {
  const nouns = [...new Set(commands.map(({ name }) => name.split(" ")[0] ?? name))];
  const sections = nouns.flatMap((noun) => [
    `## ${noun}\n`,
    ...commands
      .filter(({ name }) => name.split(" ")[0] === noun)
      .map((command) => `### millrace ${command.name}\n\n\`\`\`text\n${commandHelp(command).trimEnd()}\n\`\`\`\n`),
  ]);
  const text = [head, `${nouns.map((noun) => `[${noun}](#${noun})`).join(" · ")}\n`, ...sections].join("\n");
  await expect(text).toMatchFileSnapshot("../docs/reference/cli.md");
});

const head = `# The \`millrace\` command

\`millrace <noun> <verb> [arguments] [--flags]\`. In a checkout it is \`npx millrace …\` or \`node bin/millrace.js …\`; both
build the source first when it is newer than what was built. This page is the \`--help\` of every command, written by a test.

Data goes to standard output, everything else to standard error. \`--json\` prints JSON. Secrets are never given in flags.

| exit code | meaning |
| ---: | --- |
| 0 | done |
| 1 | refused, or \`doctor\` found a problem |
| 2 | the command line is wrong |
| 3 | not found |
| 4 | judged, and not proved better |
| 70 | a bug in Millrace |
| 130 | interrupted |
`;

it("docs/reference/config.md names every setting and its variable", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "millrace-config-"));
  try {
    initFolder(folder);
    const { shown } = loadConfig(folder, {});
    expect(shown.length).toBeGreaterThan(5);
    const text = page("docs/reference/config.md");
    expect(shown.filter(({ name, env }) => !text.includes(`| \`${name}\` | \`${env}\` |`))).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

it("docs/reference/http.md names every error with its status, at its anchor", () => {
  const text = page("docs/reference/http.md");
  const missing = Object.entries(refusalCodes).filter(
    ([code, { status }]) => !text.includes(`| <a id="error-${code}"></a>\`${code}\` | ${status} |`),
  );
  expect(missing).toEqual([]);
});

it("links between pages lead somewhere", () => {
  const pages = [
    ...readdirSync(root).filter((name) => name.endsWith(".md")),
    ...readdirSync(path.join(root, "docs"), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".md"))
      .map((name) => `docs/${name}`),
  ];
  expect(pages.length).toBeGreaterThan(15);
  const links = pages.flatMap((from) =>
    [...page(from).matchAll(/(?:\]\(|src=")(?!https?:|#|mailto:)([^)#"\s]+)/g)].map(([, to = ""]) => ({ from, to })),
  );
  expect(links.length).toBeGreaterThan(50);
  expect(links.filter(({ from, to }) => !existsSync(path.join(root, path.dirname(from), to)))).toEqual([]);
});
