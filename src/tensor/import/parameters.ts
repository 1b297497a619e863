import { operationOf } from "./node.ts";
import type { ForeignGraph } from "./read-graph.ts";

const numbered = /(?:^|[._/])(?:layers?|blocks?|h)[._/]?(\d+)(?:[._/]|$)/u;

/**
 * The layer of each weight: the number in its name or in the name of the node that reads it first, else that of the weight
 * before it in the order of computation. So embeddings are at -1, and a head after the last layer counts with it.
 */
export function layersOf({ proto, weights }: ForeignGraph): Map<string, number> {
  const layers = new Map<string, number>();
  let current = -1;
  for (const node of proto.nodes) {
    const ofNode = numbered.exec(node.name)?.[1];
    for (const name of node.inputs) {
      if (!weights.has(name) || layers.has(name)) continue;
      const found = numbered.exec(name)?.[1] ?? ofNode;
      current = found === undefined ? current : Number(found);
      layers.set(name, current);
    }
  }
  return layers;
}

const products = new Set(["MatMul", "Gemm", "com.microsoft.FusedMatMul", "com.microsoft.Attention"]);

/** Weights [n, m] that do nothing but multiply from the right, always turned the same way. */
export function adaptableWeights({ proto, weights }: ForeignGraph): Map<string, { readonly transposed: boolean }> {
  const adaptable = new Map<string, { readonly transposed: boolean }>();
  const others = new Set<string>();
  for (const node of proto.nodes) {
    const isProduct = products.has(operationOf(node));
    const transposed = node.attributes.some(({ name, i }) => name === "transB" && i === 1);
    for (const [place, name] of node.inputs.entries()) {
      if (weights.get(name)?.shape.length !== 2) continue;
      const same = (adaptable.get(name)?.transposed ?? transposed) === transposed;
      if (isProduct && place === 1 && same) adaptable.set(name, { transposed });
      else others.add(name);
    }
  }
  for (const name of others) adaptable.delete(name);
  return adaptable;
}
