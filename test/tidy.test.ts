import { existsSync, readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";

/** The order of the modules: a folder imports smaller numbers only, through the other folder's index.ts only. */
const layers: Readonly<Record<string, number>> = {
  kernel: 0,
  tensor: 1,
  store: 1,
  data: 2,
  ledger: 2,
  identity: 2,
  models: 3,
  train: 4,
  serve: 4,
  upstream: 4,
  sell: 4,
  channel: 5,
  gateway: 5,
  feedback: 5,
  loop: 6,
  insight: 6,
  api: 7,
  cli: 7,
};

/** Files directly in src: the wiring, and who may read the environment. */
const topFiles = new Set([
  "config.ts",
  "app.ts",
  "background.ts",
  "workers.ts",
  "worker-metrics.ts",
  "index.ts",
  "main.ts",
  "tracing.ts",
]);

const root = path.resolve(import.meta.dirname, "..");
const src = path.join(root, "src");

interface Source {
  /** `store/jobs.ts` */
  readonly name: string;
  readonly folder: string;
  readonly text: string;
  readonly isTest: boolean;
}

const sources: readonly Source[] = readdirSync(src, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts"))
  .map((name) => ({
    name,
    folder: name.includes("/") ? (name.split("/")[0] ?? "") : "",
    text: readFileSync(path.join(src, name), "utf8"),
    isTest: name.endsWith(".test.ts") || name.includes("/testing/"),
  }));
const shipped = sources.filter((source) => !source.isTest);

interface Import {
  readonly from: string;
  readonly folder: string;
  readonly target: string;
}

function importsOf(list: readonly Source[]): Import[] {
  return list.flatMap(({ name, folder, text }) =>
    [...text.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)].map(([, specifier = ""]) => ({
      from: name,
      folder,
      target: path.posix.normalize(path.posix.join(path.posix.dirname(name), specifier)),
    })),
  );
}

const lines = (list: readonly Source[], pattern: RegExp, allowed: (name: string) => boolean): string[] =>
  list
    .filter(({ name }) => !allowed(name))
    .flatMap(({ name, text }) =>
      text
        .split("\n")
        .flatMap((line, i) => (pattern.test(withoutComment(line)) ? [`${name}:${i + 1} ${line.trim()}`] : [])),
    );

const withoutComment = (line: string): string =>
  /^\s*(\*|\/\/|\/\*)/.test(line) ? "" : line.replace(/\s\/\/ .*$/, "");
const nowhere = (): boolean => false;

describe("layers", () => {
  const imports = importsOf(sources);

  it("looked at something", () => {
    expect(sources.length).toBeGreaterThan(100);
    expect(imports.length).toBeGreaterThan(300);
  });
  it("know every folder and every top file", () => {
    const folders = new Set(sources.map(({ folder }) => folder).filter(Boolean));
    expect([...folders].filter((folder) => !(folder in layers))).toEqual([]);
    expect(sources.filter(({ folder, name }) => folder === "" && !topFiles.has(name)).map(({ name }) => name)).toEqual(
      [],
    );
  });
  it("import downwards only, and equals never", () => {
    const bad = imports.filter(({ folder, target }) => {
      const to = target.includes("/") ? (target.split("/")[0] ?? "") : "";
      return folder !== "" && to !== folder && !((layers[to] ?? 99) < (layers[folder] ?? -1));
    });
    expect(bad.map(({ from, target }) => `${from} -> ${target}`)).toEqual([]);
  });
  it("enter another folder by its door", () => {
    const bad = imports.filter(({ from, folder, target }) => {
      const [to = "", ...rest] = target.split("/");
      const testHelper = sources.find(({ name }) => name === from)?.isTest === true && rest[0] === "testing";
      return rest.length > 0 && to !== folder && to !== "kernel" && rest.join("/") !== "index.ts" && !testHelper;
    });
    expect(bad.map(({ from, target }) => `${from} -> ${target}`)).toEqual([]);
  });
});

describe("banned calls", () => {
  const rows: readonly [what: string, pattern: RegExp, allowed: (name: string) => boolean][] = [
    [
      "the time is read only in kernel/clock.ts",
      /\bDate\.now\(|new Date\(\)|performance\.now\(/,
      (name) => name === "kernel/clock.ts",
    ],
    ["the environment is read only in config.ts", /process\.env\b/, (name) => name === "config.ts"],
    ["randomness has a seed", /Math\.random\(/, nowhere],
    ["exports are explicit", /^export \*/, nowhere],
    ["nothing is left for later", /TODO|FIXME|XXX|@ts-ignore|@ts-expect-error|as any\b/, nowhere],
    [
      "standard output belongs to the terminal",
      /console\.(log|error|warn|info)\(/,
      (name) => name === "models/predict-script.ts",
    ],
  ];
  it.each(rows)("%s", (_what, pattern, allowed) => {
    expect(lines(shipped, pattern, allowed)).toEqual([]);
  });
});

describe("rooms", () => {
  it.each(Object.keys(layers))("%s says what it owns", (folder) => {
    const readme = path.join(src, folder, "README.md");
    expect(existsSync(readme)).toBe(true);
    expect(readFileSync(readme, "utf8")).toMatch(/^# .+\n[\s\S]*Owns [\s\S]*(Does not own|not own)[\s\S]*Always true/);
  });
  it("have files that fit on a few screens", () => {
    const long = shipped.filter(({ text }) => text.split("\n").length > 400);
    expect(long.map(({ name }) => name)).toEqual([]);
  });
  it("have tests that can run", () => {
    const silenced = lines(sources, /\.(skip|only|todo)\(/, (name) => !name.endsWith(".test.ts"));
    expect(silenced).toEqual([]);
  });
});

describe("dependencies", () => {
  const all = ["package.json", "web/package.json"].flatMap((file) => {
    const manifest = JSON.parse(readFileSync(path.join(root, file), "utf8")) as Record<string, Record<string, string>>;
    return Object.entries({ ...manifest["dependencies"], ...manifest["devDependencies"] });
  });

  it("are pinned to one version", () => {
    expect(all.filter(([, version]) => !/^\d+\.\d+\.\d+/.test(version))).toEqual([]);
  });
  it("each say what they are for", () => {
    const page = readFileSync(path.join(root, "docs/dependencies.md"), "utf8");
    expect(all.filter(([name]) => !page.includes(`\`${name}\``)).map(([name]) => name)).toEqual([]);
  });
});
