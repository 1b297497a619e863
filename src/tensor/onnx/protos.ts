import { type AttributeProto, attributeTypes, type TensorProto } from "./schema.ts";

/** What an attribute of a node is: whole numbers are ints, `float` says otherwise, `graph` is an encoded GraphProto. */
export type AttributeValue =
  | number
  | string
  | readonly number[]
  | { readonly float: number }
  | { readonly tensor: TensorProto }
  | { readonly graph: Uint8Array };

export function attributeOf(name: string, value: AttributeValue): AttributeProto {
  const bytes = new Uint8Array();
  const none = { name, f: 0, i: 0, s: bytes, t: undefined, g: bytes, floats: [], ints: [], strings: [] };
  if (typeof value === "number") return { ...none, i: value, type: attributeTypes.int };
  if (typeof value === "string") return { ...none, s: new TextEncoder().encode(value), type: attributeTypes.string };
  if ("float" in value) return { ...none, f: value.float, type: attributeTypes.float };
  if ("tensor" in value) return { ...none, t: value.tensor, type: attributeTypes.tensor };
  if ("graph" in value) return { ...none, g: value.graph, type: attributeTypes.graph };
  return { ...none, ints: value.map(BigInt), type: attributeTypes.ints };
}

/** `data` as it lies in memory: little-endian, as every machine Node runs on. It is not copied. */
export function tensorOf(
  name: string,
  dataType: number,
  dims: readonly number[],
  { buffer, byteOffset, byteLength }: ArrayBufferView,
): TensorProto {
  return {
    name,
    dataType,
    dims: dims.map(BigInt),
    rawData: new Uint8Array(buffer, byteOffset, byteLength),
    floatData: [],
    int32Data: [],
    int64Data: [],
    dataLocation: 0,
  };
}
