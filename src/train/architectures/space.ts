/**
 * One field of a recipe that a search may change, and how it draws values: a number by its logarithm, a whole number, or one
 * of several values. `path` is written with dots: `training.rate`.
 */
export type Dimension =
  | { readonly path: string; readonly draw: "log"; readonly from: number; readonly to: number }
  | { readonly path: string; readonly draw: "whole"; readonly from: number; readonly to: number }
  | { readonly path: string; readonly draw: "one of"; readonly values: readonly unknown[] };

type Rule = (path: string, value: unknown) => Dimension | undefined;

const around = (path: string, value: number): Dimension => ({
  path,
  draw: "log",
  from: value / 4,
  to: value * 4,
});

const sizes: Rule = (path, value) =>
  typeof value === "number" && value >= 4
    ? { path, draw: "one of", values: [value / 2, value, value * 2].map(Math.round) }
    : undefined;

/** What fields of these names mean in every recipe. */
const rules: Readonly<Record<string, Rule>> = {
  rate: (path, value) => (typeof value === "number" && value > 0 ? around(path, value) : undefined),
  dropout: (path) => ({ path, draw: "one of", values: [0, 0.1, 0.2, 0.3, 0.5] }),
  decay: (path) => ({ path, draw: "one of", values: [0, 0.0001, 0.001, 0.01, 0.05] }),
  smoothing: (path) => ({ path, draw: "one of", values: [0, 0.05, 0.1] }),
  width: sizes,
  units: sizes,
  hidden: sizes,
};

/** For an architecture that names no space: the fields of its recipe whose names say what they are. */
export function derivedSpace(recipe: object): Dimension[] {
  const walk = (value: object, before: string): Dimension[] =>
    Object.entries(value).flatMap(([name, field]: [string, unknown]) => {
      const path = `${before}${name}`;
      const found = rules[name]?.(path, field);
      if (found) return [found];
      const isPart = typeof field === "object" && field !== null && !Array.isArray(field);
      return isPart ? walk(field, `${path}.`) : [];
    });
  return walk(recipe, "");
}
