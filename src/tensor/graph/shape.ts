import { invariant } from "../../kernel/errors.ts";

/**
 * A size, or the name of one that is known only when a session runs. A product is written `"batch*length"`, a sum
 * `"length + past - 1"`; sums bind tighter.
 */
export type Dim = number | string;
export type Shape = readonly Dim[];
export type ElementType = "float32" | "int32" | "int64" | "bool";

/** Sizes of named dimensions, for one run. */
export type Sizes = { readonly [name: string]: number };

export const shapeText = (shape: Shape): string => `[${shape.join(", ")}]`;

export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((dim, i) => dim === b[i]);

/** Number of elements, split into the known factor and the sorted names of the unknown ones. */
export function elements(shape: Shape): { readonly known: number; readonly names: readonly string[] } {
  const names: string[] = [];
  let known = 1;
  for (const dim of shape) {
    for (const factor of typeof dim === "number" ? [dim] : dim.split("*")) {
      if (isNaN(Number(factor))) names.push(String(factor));
      else known *= Number(factor);
    }
  }
  return { known, names: names.sort() };
}

/** One dimension that holds all of `dims`: 2, 3 → 6; "batch", "length" → "batch*length". */
export function productDim(dims: Shape): Dim {
  const { known, names } = elements(dims);
  if (names.length === 0) return known;
  return known === 1 ? names.join("*") : `${known}*${names.join("*")}`;
}

/** The sum of dimensions and a number: "length", 3 and "past" → "length + past + 3". */
export function sumDim(dims: Shape): Dim {
  const names: string[] = [];
  let known = 0;
  for (const dim of dims) {
    if (typeof dim === "number") known += dim;
    else {
      invariant(!dim.includes("*"), `a sum has no products in it: ${dim}`);
      for (const term of termsOf(dim)) {
        if (typeof term === "number") known += term;
        else names.push(term);
      }
    }
  }
  if (names.length === 0) return known;
  const sum = names.sort().join(" + ");
  return known === 0 ? sum : `${sum} ${known < 0 ? "-" : "+"} ${Math.abs(known)}`;
}

/** Names and numbers of a sum. */
function termsOf(dim: string): Dim[] {
  const [first = "", ...rest] = dim.split(/ ([+-]) /);
  const terms: Dim[] = [numberOr(first)];
  for (let i = 0; i < rest.length; i += 2) {
    const term = numberOr(rest[i + 1] ?? "");
    terms.push(rest[i] === "-" && typeof term === "number" ? -term : term);
  }
  return terms;
}
const numberOr = (text: string): Dim => (/^\d+$/.test(text) ? Number(text) : text);

/** Numbers only: every name replaced by its size. */
export function resolveShape(shape: Shape, sizes: Sizes): number[] {
  const sizeOfTerm = (term: Dim): number => {
    const size = typeof term === "number" ? term : sizes[term];
    invariant(size !== undefined, `dimension "${term}" of ${shapeText(shape)} has a size`);
    return size;
  };
  return shape.map((dim) => {
    if (typeof dim === "number") return dim;
    const factors = dim
      .split("*")
      .map((factor) => termsOf(factor).reduce((sum: number, term) => sum + sizeOfTerm(term), 0));
    return factors.reduce((product, factor) => product * factor, 1);
  });
}

export const sizeOf = (dims: readonly number[]): number => dims.reduce((product, dim) => product * dim, 1);

/** NumPy's rule: align at the end; equal dimensions, or one of them is 1. */
export function broadcastShapes(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const left = a[a.length - rank + i] ?? 1;
    const right = b[b.length - rank + i] ?? 1;
    invariant(left === right || left === 1 || right === 1, `${shapeText(a)} and ${shapeText(b)} broadcast`);
    return left === 1 ? right : left;
  });
}

/** The axes over which a `from`-shaped gradient is summed to become `to`-shaped, counted in `from`. */
export function broadcastAxes(from: Shape, to: Shape): number[] {
  const missing = from.length - to.length;
  return [...from.keys()].filter((i) => i < missing || (to[i - missing] === 1 && from[i] !== 1));
}

/** -1 → last axis; checked against the rank. */
export function axisOf(axis: number, rank: number): number {
  const at = axis < 0 ? axis + rank : axis;
  invariant(Number.isInteger(at) && at >= 0 && at < rank, `axis ${axis} exists in rank ${rank}`);
  return at;
}
