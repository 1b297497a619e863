import type { Random } from "../../kernel/random.ts";
import { sizeOf } from "../graph/shape.ts";

/**
 * Fills a new parameter. How many numbers meet in an output (fan-in) and how many outputs a number reaches (fan-out)
 * follow from the shape: a matrix is [in, out], an array of more axes is a convolution's kernel [out, in / groups, ...size].
 */
export interface Initializer {
  readonly name: string;
  draw(data: Float32Array, shape: readonly number[], random: Random): void;
}

export const zeros: Initializer = { name: "zeros", draw: (data) => void data.fill(0) };
export const ones: Initializer = { name: "ones", draw: (data) => void data.fill(1) };

export function uniform(limit: number): Initializer {
  return { name: `uniform(${limit})`, draw: (data, _, random) => fillUniform(data, limit, random) };
}

export function normal(deviation: number): Initializer {
  return { name: `normal(${deviation})`, draw: (data, _, random) => fillNormal(data, deviation, random) };
}

/** Normal, drawn again beyond two deviations; what is left deviates by 0.88 of `deviation`. */
export function truncatedNormal(deviation: number): Initializer {
  return {
    name: `truncatedNormal(${deviation})`,
    draw(data, _, random) {
      for (let i = 0; i < data.length; i++) {
        let x = random.normal();
        while (Math.abs(x) > 2) x = random.normal();
        data[i] = x * deviation;
      }
    },
  };
}

/** Uniform with variance 2 / (fanIn + fanOut): Glorot and Bengio 2010. */
export const glorot: Initializer = {
  name: "glorot",
  draw: (data, shape, random) => fillUniform(data, Math.sqrt(3 * glorotVariance(shape)), random),
};

/** Normal with variance 2 / (fanIn + fanOut). */
export const glorotNormal: Initializer = {
  name: "glorotNormal",
  draw: (data, shape, random) => fillNormal(data, Math.sqrt(glorotVariance(shape)), random),
};

/** Normal with variance 2 / fanIn, for relu: He et al. 2015, arXiv:1502.01852. */
export const he: Initializer = {
  name: "he",
  draw: (data, shape, random) => fillNormal(data, Math.sqrt(2 / fans(shape).fanIn), random),
};

/** Uniform with variance 2 / fanIn. */
export const heUniform: Initializer = {
  name: "heUniform",
  draw: (data, shape, random) => fillUniform(data, Math.sqrt(6 / fans(shape).fanIn), random),
};

/**
 * A random matrix whose shorter side is orthonormal, times `gain`: it neither shrinks nor grows what it turns (Saxe,
 * McClelland and Ganguli 2014, arXiv:1312.6120). Axes after the first count as one.
 */
export function orthogonal(gain = 1): Initializer {
  return {
    name: gain === 1 ? "orthogonal" : `orthogonal(${gain})`,
    draw(data, shape, random) {
      const rows = shape[0] ?? 1;
      const columns = sizeOf(shape.slice(1));
      const vectors = orthonormal(Math.min(rows, columns), Math.max(rows, columns), random);
      for (const [i, vector] of vectors.entries()) {
        for (const [j, x] of vector.entries()) data[rows <= columns ? i * columns + j : j * columns + i] = gain * x;
      }
    },
  };
}

/** `count` vectors of `length` ≥ count, uniform over all orthonormal ones: Gram-Schmidt on normal vectors, in float64. */
function orthonormal(count: number, length: number, random: Random): Float64Array[] {
  const vectors: Float64Array[] = [];
  while (vectors.length < count) {
    const vector = Float64Array.from({ length }, () => random.normal());
    for (const _ of ["once", "again"]) for (const other of vectors) subtractProjection(vector, other); // twice is enough
    const norm = Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0));
    vectors.push(vector.map((x) => x / norm));
  }
  return vectors;
}

function subtractProjection(vector: Float64Array, unit: Float64Array): void {
  let product = 0;
  for (let i = 0; i < vector.length; i++) product += (vector[i] ?? 0) * (unit[i] ?? 0);
  for (let i = 0; i < vector.length; i++) vector[i] = (vector[i] ?? 0) - product * (unit[i] ?? 0);
}

function fillUniform(data: Float32Array, limit: number, random: Random): void {
  for (let i = 0; i < data.length; i++) data[i] = (random.next() * 2 - 1) * limit;
}

function fillNormal(data: Float32Array, deviation: number, random: Random): void {
  for (let i = 0; i < data.length; i++) data[i] = random.normal() * deviation;
}

function glorotVariance(shape: readonly number[]): number {
  const { fanIn, fanOut } = fans(shape);
  return 2 / (fanIn + fanOut);
}

function fans(shape: readonly number[]): { readonly fanIn: number; readonly fanOut: number } {
  const [first = 1, second = first, ...size] = shape;
  if (shape.length <= 2) return { fanIn: first, fanOut: second };
  return { fanIn: second * sizeOf(size), fanOut: first * sizeOf(size) };
}
