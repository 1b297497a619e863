import { Refusal } from "../../kernel/errors.ts";
import { type GraphProto, graphProto, type ModelProto, modelProto } from "./schema.ts";
import { readMessage, WireError, writeMessage, Writer } from "./wire.ts";

export function writeOnnx(model: ModelProto): Uint8Array {
  const out = new Writer();
  writeMessage(modelProto, model, out);
  return out.finish();
}

/** A graph that is an attribute: the body of a loop. */
export function writeGraph(graph: GraphProto): Uint8Array {
  const out = new Writer();
  writeMessage(graphProto, graph, out);
  return out.finish();
}

/** Reads an ONNX file; refuses with `invalid_data` what is none. Initializers are views of `bytes`. */
export function readOnnx(bytes: Uint8Array): ModelProto {
  let model: ModelProto;
  try {
    model = readMessage(modelProto, bytes);
  } catch (error) {
    if (error instanceof WireError) throw new Refusal("invalid_data", `This is not an ONNX file: ${error.message}.`);
    throw error;
  }
  if (!model.graph || model.irVersion === 0)
    throw new Refusal("invalid_data", "This is not an ONNX file: it has no graph.");
  return model;
}
