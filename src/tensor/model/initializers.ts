import type { Random } from "../../kernel/random.ts";

/** Fills a new parameter. The last two axes count as fan-in and fan-out. */
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
  return {
    name: `normal(${deviation})`,
    draw(data, _, random) {
      for (let i = 0; i < data.length; i++) data[i] = random.normal() * deviation;
    },
  };
}

/** Uniform with variance 2 / (fanIn + fanOut): Glorot and Bengio 2010. */
export const glorot: Initializer = {
  name: "glorot",
  draw(data, shape, random) {
    const { fanIn, fanOut } = fans(shape);
    fillUniform(data, Math.sqrt(6 / (fanIn + fanOut)), random);
  },
};

/** Normal with variance 2 / fanIn, for relu: He et al. 2015, arXiv:1502.01852. */
export const he: Initializer = {
  name: "he",
  draw: (data, shape, random) => normal(Math.sqrt(2 / fans(shape).fanIn)).draw(data, shape, random),
};

function fillUniform(data: Float32Array, limit: number, random: Random): void {
  for (let i = 0; i < data.length; i++) data[i] = (random.next() * 2 - 1) * limit;
}

function fans(shape: readonly number[]): { readonly fanIn: number; readonly fanOut: number } {
  const fanOut = shape.at(-1) ?? 1;
  return { fanIn: shape.at(-2) ?? fanOut, fanOut };
}
