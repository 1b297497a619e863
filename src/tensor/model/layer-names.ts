import type { Tensor } from "../graph/tensor.ts";
import { topological } from "../graph/topological.ts";
import { type BuiltModel, tableFeeds } from "./model.ts";

/**
 * The layer of every operation: that of the parameter it reads, else of the input that was computed last. A layer is called
 * as its parameters without their last part: `encoder.0.hidden.kernel` belongs to `encoder.0.hidden`.
 */
export function layersOf({ outputs, parameters, tables }: BuiltModel): Map<Tensor, string> {
  const named = new Map<string, string>([
    ...parameters.map(({ name }) => [name, name.replace(/(.)\.[^.]+$/, "$1")] as const),
    ...tables.flatMap(({ name }) => [name, tableFeeds(name).rows].map((leaf) => [leaf, name] as const)),
  ]);
  const layers = new Map<Tensor, string>();
  const place = new Map<Tensor, number>();
  for (const [i, x] of topological(Object.values(outputs)).entries()) {
    place.set(x, i);
    const leaves = x.inputs.filter((input) => input.inputs.length === 0 && layers.has(input));
    const others = x.inputs.filter((input) => layers.has(input));
    const nearest = (leaves.length > 0 ? leaves : others).toSorted((a, b) => (place.get(b) ?? 0) - (place.get(a) ?? 0));
    const layer = named.get(leafName(x) ?? "") ?? (nearest[0] ? layers.get(nearest[0]) : undefined);
    if (layer !== undefined) layers.set(x, layer);
  }
  return layers;
}

/** Of an input or parameter. */
export const leafName = (x: Tensor): string | undefined => ("name" in x.with ? x.with.name : undefined);
