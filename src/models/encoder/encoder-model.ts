import { must } from "../../kernel/errors.ts";
import {
  type ApplyOptions,
  type ImportedGraph,
  type Scope,
  type Tensor,
  type Weights,
  defineModel,
  exportOnnx,
  importOnnx,
  meanOverTime,
} from "../../tensor/index.ts";
import type { Codec } from "../codec.ts";
import type { Encoder } from "./encoder.ts";
import { type TokenFeatures, type TokenPreprocessing, tokenCodec } from "./tokenizer.ts";

/** A pretrained encoder that is ready to be part of a model. */
export interface OpenEncoder {
  readonly facts: Omit<Encoder, "onnx" | "tokenizer">;
  readonly preprocessing: TokenPreprocessing;
  readonly graph: ImportedGraph;
  readonly read: Codec<TokenFeatures>["read"];
  readonly feeds: Codec<TokenFeatures>["feeds"];
}

export function openEncoder({ onnx, tokenizer, ...facts }: Encoder): OpenEncoder {
  const { lengthMax, inputs } = facts;
  const preprocessing: TokenPreprocessing = { kind: "tokens", format: 1, tokenizer, lengthMax, inputs };
  const { read, feeds } = tokenCodec(preprocessing);
  return { facts, preprocessing, graph: importOnnx(onnx), read, feeds };
}

/** Under this name its arrays are parameters of a model. */
const prefix = "encoder";

/** Its arrays as parameters of a model. */
export const encoderWeights = ({ graph }: OpenEncoder): Weights => graph.weightsAs(prefix);

/** The encoder's inputs declared in a scope, and a vector of norm 1 for each text [batch, width]. */
export function encode(scope: Scope, { facts, graph }: OpenEncoder, options: ApplyOptions): Tensor {
  const { inputs, output, pooling } = facts;
  const type = scope.mode === "export" ? "int64" : "int32"; // batches of training have no int64
  const declared = graph.inputs.map(({ name }) => [name, scope.input(name, ["batch", "length"], { type })] as const);
  const feeds = Object.fromEntries(declared);
  const outputs = graph.apply(scope, prefix, feeds, { ...options, outputs: [output] });
  const states = must(outputs[output], `the encoder has an output "${output}"`);
  return unit(pooled(states, pooling, inputs.mask === null ? undefined : feeds[inputs.mask]));
}

/** [batch, width], or [batch, length, width] as one vector a text. */
function pooled(states: Tensor, pooling: Encoder["pooling"], mask: Tensor | undefined): Tensor {
  if (pooling === "none") return states;
  if (pooling === "first") return states.slice(1, 0, 1).reshape(["batch", states.dim(2)]);
  return meanOverTime(states, mask?.cast("float32").sum([1]).cast("int32"));
}

const unit = (x: Tensor): Tensor => x.div(x.square().sum([1], true).add(1e-12).sqrt());

/** The encoder as it was brought, as an ONNX file whose output is `vectors` [batch, width]. */
export function vectorsOnnx(encoder: OpenEncoder): Uint8Array {
  const { width } = encoder.facts;
  const model = defineModel("encoder", (scope) => ({
    vectors: encode(scope, encoder, { train: "none" }).reshape(["batch", width]),
  }));
  return exportOnnx(model, encoderWeights(encoder));
}
