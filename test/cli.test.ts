import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import stringWidth from "string-width";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openApp } from "../src/app.ts";
import { dataFolder, initFolder } from "../src/config.ts";
import { commands, runCli } from "../src/cli/index.ts";
import { basisPoints } from "../src/cli/command.ts";
import { clip, table } from "../src/cli/terminal.ts";

interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const root = mkdtempSync(path.join(tmpdir(), "millrace-cli-"));
const folder = path.join(root, "data");
afterAll(() => rmSync(root, { recursive: true, force: true }));

async function millrace(...argv: string[]): Promise<Said> {
  let out = "";
  let err = "";
  const code = await runCli(argv.includes("--data") ? argv : [...argv, "--data", folder], {
    commands,
    version: "0.0.0",
    signal: new AbortController().signal,
    terminal: {
      out: (text) => void (out += text),
      err: (text) => void (err += text),
      interactive: false,
      columns: 80,
      stdin: async () => "",
    },
    world: (flag) => ({
      folder: dataFolder(flag, {}),
      init: () => initFolder(dataFolder(flag, {})),
      open: () => openApp(dataFolder(flag, {}), "0.0.0"),
    }),
  });
  return { code, out, err };
}

describe("before there is anything", () => {
  it("every command explains itself, and the overview all of them, in 80 columns", async () => {
    const flat = (text: string): string => text.replace(/\s+/g, " ");
    const wide = (text: string): string[] => text.split("\n").filter((line) => stringWidth(line) > 80);
    const overview = await millrace("--help");
    expect(wide(overview.out)).toEqual([]);
    for (const { name, summary } of commands) {
      const { code, out } = await millrace(...name.split(" "), "--help");
      expect([name, code, wide(out)]).toEqual([name, 0, []]);
      expect(flat(out)).toContain(summary);
      expect(flat(overview.out)).toContain(summary);
    }
    expect(commands.length).toBeGreaterThan(40);
  });
  it("says how to begin when the folder is not there", async () => {
    const { code, err, out } = await millrace("report");
    expect([code, out]).toEqual([3, ""]);
    expect(err).toMatch(/^Error: There is no Millrace in .*\n.*millrace init/);
  });
});

describe("command lines that must be refused", () => {
  const rows: readonly [story: string, argv: string[], code: number, says: RegExp][] = [
    [
      "a noun that is not there",
      ["modle", "list"],
      2,
      /no command "modle list".*\n.*Did you mean: millrace model list/,
    ],
    ["a flag that is not there", ["model", "list", "--limmit", "3"], 2, /limmit/],
    ["too many arguments", ["model", "list", "x"], 2, /takes no arguments/],
    ["too few arguments", ["endpoint", "deploy", "e"], 2, /takes ENDPOINT MODEL/],
    ["a required flag left out", ["product", "create", "p"], 2, /--endpoint is missing/],
    ["a number that is none", ["model", "list", "--limit", "many"], 2, /whole number from 1 to 100/],
    ["a share above everything", ["partner", "create", "p", "--commission", "120%"], 2, /not a share/],
    ["an amount that is none", ["plan", "create", "x", "--product", "p", "--per-thousand", "two"], 3, /no product/],
    ["a day that is none", ["report", "--from", "yesterday"], 2, /a day like 2026-02-01/],
    ["a model that is not there", ["model", "show", "mdl_x"], 3, /no model/],
    ["a role that is none", ["endpoint", "deploy", "e", "m", "--role", "boss"], 3, /no model "m"/],
    ["a dataset that is not there", ["dataset", "show", "nothing"], 3, /no dataset "nothing"/],
    ["a file that is not there", ["dataset", "import", "/nowhere.csv"], 1, /nowhere\.csv/],
    ["a recipe that is not there", ["recipe", "show", "magic"], 3, /magic/],
  ];
  beforeAll(async () => {
    initFolder(folder);
  });
  it.each(rows)("%s", async (_story, argv, code, says) => {
    const said = await millrace(...argv);
    expect([said.code === code || said.code, said.out]).toEqual([true, ""]);
    expect(said.err).toMatch(says);
    expect(said.err).not.toMatch(/\n {4}at /);
    expect(said.err.trimEnd().split("\n").length).toBeLessThanOrEqual(2);
  });
});

describe("a shop", () => {
  it("begins with a folder and an operator key that is shown once", async () => {
    const fresh = path.join(root, "fresh");
    const said = await millrace("init", "--data", fresh);
    expect(said.out).toMatch(/Operator key, shown only now.*mo_/);
    expect((await millrace("init", "--data", fresh)).out).toMatch(/nothing was changed/);
  });
  it("is made by names, and shows itself in tables and in JSON", async () => {
    for (const argv of [
      ["product", "create", "spam-api", "--endpoint", "spam-filter"],
      ["plan", "create", "starter", "--product", "spam-api", "--fee", "29", "--per-thousand", "2", "--free", "500"],
      ["partner", "create", "Referral partner", "--commission", "20%"],
      ["customer", "create", "Mail host", "--plan", "starter", "--partner", "Referral partner", "--learn"],
    ]) {
      const said = await millrace(...argv);
      expect([said.code, said.err.includes("Error")], said.err).toEqual([0, false]);
    }
    const { out } = await millrace("customer", "list", "--json");
    expect(JSON.parse(out)).toMatchObject([{ name: "Mail host", dataUse: "improve", terms: "postpaid" }]);
    const key = await millrace("key", "create", "Mail host", "--quota", "3", "--json");
    const secret = (JSON.parse(key.out) as { secret: string }).secret;
    const listed = await millrace("key", "list", "Mail host");
    expect(listed.out).toContain(`…${secret.slice(-4)}`);
    expect(listed.out).not.toContain(secret);
    expect((await millrace("plan", "list")).out).toMatch(/starter\s+29\.00 USD\s+2\.00 USD\s+500/);
  });
  it("prices several units, or refuses a unit that nobody meters", async () => {
    const create = (name: string, ...flags: string[]) =>
      millrace("plan", "create", name, "--product", "spam-api", ...flags);
    const refused: [string[], RegExp][] = [
      [["--component", "prayers=1"], /UNIT=AMOUNT/],
      [["--component", "requests=1", "--component", "requests=2"], /Two prices for requests/],
      [["--component", "requests=1", "--per-thousand", "2"], /leave --per-thousand out/],
      [[], /--per-thousand is missing/],
    ];
    for (const [flags, says] of refused) expect((await create("wrong", ...flags)).err).toMatch(says);
    const made = await create("chat", "--component", "output_tokens=0.60:10000", "--component", "requests=1", "--json");
    expect(JSON.parse(made.out)).toMatchObject({
      rateCard: {
        components: [
          { unit: "requests", price: { perThousandNanos: "1000000000", freeUnits: 0 } },
          { unit: "output_tokens", price: { perThousandNanos: "600000000", freeUnits: 10_000 } },
        ],
      },
    });
    expect((await millrace("plan", "list")).out).toMatch(/chat\s+0\.00 USD\s+2 prices/);
  });
  it("closes a month in which nothing ended, and is healthy", async () => {
    expect((await millrace("invoice", "close")).out).toContain("Nothing is due.");
    const examined = await millrace("doctor");
    expect([examined.code, examined.out]).toEqual([0, expect.stringContaining("Healthy.")]);
  });
  it("shows settings without secrets", async () => {
    const { out } = await millrace("config", "show");
    const pepper = readFileSync(path.join(folder, "pepper.secret"), "utf8").trim();
    expect(out).toContain("(set, hidden)");
    expect(out).not.toContain(pepper);
  });
  it("refuses a settings file with a mistake, naming the field", async () => {
    const file = path.join(folder, "millrace.json");
    const before = readFileSync(file, "utf8");
    writeFileSync(file, '{"prot": 4100}');
    const said = await millrace("report");
    writeFileSync(file, before);
    expect([said.code, said.err]).toEqual([1, expect.stringMatching(/prot/)]);
  });
});

describe("words", () => {
  it.each([
    ["20%", 2_000],
    ["12.5", 1_250],
    ["0", 0],
    ["100%", 10_000],
  ])("%s is %i basis points", (text, points) => expect(basisPoints(text, "x")).toBe(points));
  it("tables count Chinese characters as two columns and stay within 80", () => {
    const text = table(["名称", "n"], [["垃圾邮件过滤".repeat(12), "1"]]);
    expect(text.split("\n")[2]).toMatch(/…\s+1$/);
    expect(clip("垃圾邮件", 5)).toBe("垃圾…");
    const wide = table(["a", "b", "c"], [["x".repeat(70), "y".repeat(60), "z".repeat(50)]]);
    expect(
      wide
        .split("\n")
        .slice(1, 3)
        .map((line) => stringWidth(line)),
    ).toEqual([80, 80]);
  });
});
