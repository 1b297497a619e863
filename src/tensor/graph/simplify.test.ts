import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seededRandom } from "../../kernel/random.ts";
import { evaluator, numbers } from "../testing/evaluate.ts";
import { simplified } from "./simplify.ts";
import { concat, constant, input, type Tensor } from "./tensor.ts";
import { topological } from "./topological.ts";

const x = input("x", ["n", 4]);
const y = input("y", ["n", 4]);
const row = input("row", [4]);

/** As arithmetic, with every operation in brackets. */
function written(t: Tensor): string {
  if ("name" in t.with) return t.with.name;
  if (t.kind === "constant" && "data" in t.with) return t.with.data.join(" ");
  const about = Object.values(t.with).map((value) => JSON.stringify(value));
  return `${t.kind}(${[...t.inputs.map(written), ...about].join(", ")})`;
}
const simple = (t: Tensor): string => written(simplified({ t })["t"]!);

describe("graphs are simplified", () => {
  const rows: readonly (readonly [string, Tensor, string])[] = [
    ["a product by one", x.mul(1), "x"],
    ["one times x", constant(1).mul(x), "x"],
    ["a product by minus one", x.mul(-1), "neg(x)"],
    ["a sum with nothing", x.add(0), "x"],
    ["a quotient by one", x.div(1), "x"],
    ["factors in a row", x.mul(2).mul(3).mul(y), "mul(mul(x, 6), y)"],
    ["a factor of a negative", x.neg().mul(2), "mul(x, -2)"],
    ["twice the negative", x.neg().neg(), "x"],
    ["two negatives", x.neg().mul(y.neg()), "mul(x, y)"],
    ["a sum with a negative", x.add(y.neg()), "sub(x, y)"],
    ["a negative and a sum", x.neg().add(y), "sub(y, x)"],
    ["less a negative", x.sub(y.neg()), "add(x, y)"],
    ["the negative of a difference", x.sub(y).neg(), "sub(y, x)"],
    ["a square by power", x.pow(2), "mul(x, x)"],
    ["a root by power", x.pow(0.5), "sqrt(x)"],
    ["what scalars give", x.mul(constant(2).mul(3).add(1).sqrt()), `mul(x, ${Math.fround(Math.sqrt(7))})`],
    ["a chain that becomes one", x.mul(2).mul(0.5), "x"],
    ["two transpositions", x.transpose().transpose(), "x"],
    [
      "two transpositions of three axes",
      input("t", [2, 3, 4]).transpose([1, 2, 0]).transpose([1, 2, 0]),
      "transpose(t, [2,0,1])",
    ],
    ["two reshapes", x.reshape(["n", 2, 2]).reshape(["n", 4]), "x"],
    ["reshapes to another shape", input("t", [2, 6]).reshape([12]).reshape([3, 4]), "reshape(t, [3,4])"],
    ["an expansion that a sum does by itself", row.expand(x).mul(y), "mul(row, y)"],
    ["an expansion that is needed", row.expand(x).mul(row), "mul(expand(row, x), row)"],
    ["nothing: x · 0 may be not a number", x.mul(0), "mul(x, 0)"],
  ];
  test.each(rows)("%s", (_, t, expected) => expect(simple(t)).toBe(expected));

  test("equal operations become one, through several layers", () => {
    const twice = x.exp().mul(y).add(x.exp().mul(y));
    const { t } = simplified({ t: twice });
    expect(topological([t!]).map(({ kind }) => kind)).toEqual(["input", "exp", "input", "mul", "add"]);
  });

  test("a reshape in between that names need stays", () => {
    const t = input("t", ["a", "b", 6]).reshape(["a*b", 6]).reshape(["a*b", 2, 3]);
    expect(simple(t)).toBe('reshape(t, ["a*b",2,3])');
    const open = input("t", ["a*b", 6]).reshape(["a*b", 2, 3]);
    expect(simple(open)).toBe('reshape(t, ["a*b",2,3])');
  });

  test("large constants are not read", () => {
    const [one, other] = [1, 1].map((k) => constant(new Float32Array(100).fill(k)));
    const { t } = simplified({ t: concat([one!, other!], 0) });
    expect(t!.inputs[0]).not.toBe(t!.inputs[1]);
  });
});

test("whatever is computed, a simplified graph computes it too", async () => {
  const step = fc.tuple(fc.nat(15), fc.nat(100), fc.nat(100), fc.constantFrom(-1, 0, 0.5, 1, 2));
  const property = fc.asyncProperty(
    fc.array(step, { minLength: 1, maxLength: 12 }),
    fc.nat(1_000),
    async (steps, seed) => {
      const nodes: Tensor[] = [x, y, row.expand(x)];
      for (const [what, i, j, k] of steps) {
        const [a, b] = [nodes[i % nodes.length]!, nodes[j % nodes.length]!];
        const made = [
          () => a.add(b),
          () => a.sub(b),
          () => a.mul(b),
          () => a.neg(),
          () => a.mul(k),
          () => constant(k).mul(a),
          () => a.add(k),
          () => a.sub(k),
          () => a.div(k === 0 ? 2 : k),
          () => a.div(b.square().add(1)),
          () => a.tanh().pow(2),
          () => a.reshape(["n", 2, 2]).reshape(["n", 4]),
          () => a.transpose().transpose(),
          () => a.sum([1]).reshape(["n", 1]).expand(a).mul(b),
          () => a.transpose().mul(k).neg().transpose(),
          () => a.tanh().mul(constant(k).neg().add(2)),
        ][what]!;
        nodes.push(made().tanh());
      }
      const t = nodes.at(-1)!;
      const random = seededRandom(seed);
      const draw = (...dims: readonly number[]) =>
        numbers(dims, ...Array.from({ length: dims.reduce((n, dim) => n * dim, 1) }, () => random.normal()));
      const feeds = { x: draw(3, 4), y: draw(3, 4), row: draw(4) };
      // evaluation simplifies too: what is compared with is written by hand
      const run = await evaluator({ t });
      const { t: got } = await run(feeds);
      await run.release();
      const wanted = reference(t, feeds);
      for (const [i, value] of got!.data.entries()) expect(value).toBeCloseTo(wanted[i]!, 4);
    },
  );
  await expect(fc.assert(property, { numRuns: 40, seed: 20_260_101 })).resolves.toBeUndefined();
});

/** The numbers of a tensor [3, 4] or a part of its graph, in double precision and without any simplification. */
function reference(t: Tensor, feeds: { readonly [name: string]: { readonly data: readonly number[] } }): number[] {
  const cache = new Map<Tensor, number[]>();
  const of = (node: Tensor): number[] => {
    const known = cache.get(node);
    if (known) return known;
    const made = compute(node);
    cache.set(node, made);
    return made;
  };
  const broadcast = (node: Tensor, i: number, size: number): number => {
    const data = of(node);
    if (data.length === size) return data[i]!;
    return data.length === 1 ? data[0]! : data.length === 3 ? data[Math.floor(i / 4)]! : data[i % 4]!;
  };
  const compute = (node: Tensor): number[] => {
    const [a, b] = node.inputs;
    if ("name" in node.with) return [...feeds[node.with.name]!.data];
    if (node.kind === "constant" && "data" in node.with) return [...node.with.data].map(Number);
    const size =
      node.shape.length === 0 ? 1 : node.shape.reduce((n: number, dim) => n * (dim === "n" ? 3 : Number(dim)), 1);
    const each = (f: (p: number, q: number) => number): number[] =>
      Array.from({ length: size }, (_, i) => f(broadcast(a!, i, size), b ? broadcast(b, i, size) : 0));
    const kinds: { readonly [kind: string]: () => number[] } = {
      add: () => each((p, q) => p + q),
      sub: () => each((p, q) => p - q),
      mul: () => each((p, q) => p * q),
      div: () => each((p, q) => p / q),
      pow: () => each((p, q) => p ** q),
      neg: () => each((p) => -p),
      tanh: () => each(Math.tanh),
      expand: () => each((p) => p),
      reshape: () => of(a!),
      reduceSum: () =>
        [0, 1, 2].map((r) =>
          of(a!)
            .slice(r * 4, r * 4 + 4)
            .reduce((sum, v) => sum + v, 0),
        ),
      transpose: () => {
        const [rows, columns] = a!.shape[0] === "n" ? [3, 4] : [4, 3];
        return Array.from({ length: 12 }, (_, i) => of(a!)[(i % rows) * columns + Math.floor(i / rows)]!);
      },
    };
    return kinds[node.kind]!();
  };
  return of(t);
}
