import { bytes, float, floats, int, ints, message, messages, type Of, string, strings } from "./wire.ts";

/**
 * The messages of ONNX files that we write and read, with onnx.proto's field numbers.
 * https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
const tensorProto = {
  dims: ints(1),
  dataType: int(2),
  floatData: floats(4),
  int32Data: ints(5),
  int64Data: ints(7),
  name: string(8),
  rawData: bytes(9),
  dataLocation: int(14),
};

const attributeProto = {
  name: string(1),
  f: float(2),
  i: int(3),
  s: bytes(4),
  t: message(5, tensorProto),
  /** An encoded GraphProto: the body of a loop. */
  g: bytes(6),
  floats: floats(7),
  ints: ints(8),
  strings: strings(9),
  type: int(20),
};

const nodeProto = {
  inputs: strings(1),
  outputs: strings(2),
  name: string(3),
  opType: string(4),
  attributes: messages(5, attributeProto),
  domain: string(7),
};

/** A dimension is a number or a name. */
const dimensionProto = { value: int(1), name: string(2) };
const tensorTypeProto = { elementType: int(1), shape: message(2, { dims: messages(1, dimensionProto) }) };
const valueInfoProto = { name: string(1), type: message(2, { tensorType: message(1, tensorTypeProto) }) };

export const graphProto = {
  nodes: messages(1, nodeProto),
  name: string(2),
  initializers: messages(5, tensorProto),
  documentation: string(10),
  inputs: messages(11, valueInfoProto),
  outputs: messages(12, valueInfoProto),
};

export const modelProto = {
  irVersion: int(1),
  producerName: string(2),
  producerVersion: string(3),
  graph: message(7, graphProto),
  opsets: messages(8, { domain: string(1), version: int(2) }),
  metadata: messages(14, { key: string(1), value: string(2) }),
};

export type ModelProto = Of<typeof modelProto>;
export type GraphProto = Of<typeof graphProto>;
export type NodeProto = Of<typeof nodeProto>;
export type AttributeProto = Of<typeof attributeProto>;
export type TensorProto = Of<typeof tensorProto>;
export type ValueInfoProto = Of<typeof valueInfoProto>;

/** TensorProto.DataType of the element types in use. */
export const dataTypes = { float32: 1, int32: 6, int64: 7, bool: 9 } as const;
/** AttributeProto.AttributeType. */
export const attributeTypes = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
} as const;
