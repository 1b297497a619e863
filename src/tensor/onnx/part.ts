import { Refusal, invariant, must } from "../../kernel/errors.ts";
import { readOnnx, writeOnnx } from "./file.ts";
import { attributeTypes } from "./schema.ts";

/** What one output of an ONNX file needs, as a file. Refuses (`not_found`) an output that the file has not. */
export function onnxPart(bytes: Uint8Array, output: string): Uint8Array {
  const model = readOnnx(bytes);
  const graph = must(model.graph, "a file that was read has a graph");
  const outputs = graph.outputs.filter(({ name }) => name === output);
  if (outputs.length === 0) throw new Refusal("not_found", `The ONNX file has no output \`${output}\`.`);
  const needed = new Set([output]);
  // nodes stand after those that they read from
  const nodes = graph.nodes.toReversed().filter((node) => {
    if (!node.outputs.some((name) => needed.has(name))) return false;
    const hasBody = node.attributes.some(({ type }) => type === attributeTypes.graph);
    invariant(!hasBody, "what the body of a loop reads from around it is not followed");
    for (const name of node.inputs) needed.add(name);
    return true;
  });
  const isNeeded = ({ name }: { readonly name: string }): boolean => needed.has(name);
  const part = {
    ...graph,
    nodes: nodes.toReversed(),
    initializers: graph.initializers.filter(isNeeded),
    inputs: graph.inputs.filter(isNeeded),
    outputs,
  };
  return writeOnnx({ ...model, graph: part });
}
