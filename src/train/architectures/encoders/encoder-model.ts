import { Refusal, must } from "../../../kernel/errors.ts";
import {
  type Codec,
  type Encoder,
  type TokenFeatures,
  type TokenPreprocessing,
  tokenCodec,
} from "../../../models/index.ts";
import {
  type ApplyOptions,
  type Batch,
  type ImportedGraph,
  type Scope,
  type Tensor,
  type Weights,
  importOnnx,
  meanOverTime,
} from "../../../tensor/index.ts";
import type { TrainingInput } from "../architecture.ts";

/** A pretrained encoder that is ready to be part of a model. */
export interface OpenEncoder {
  readonly facts: Omit<Encoder, "onnx" | "tokenizer">;
  readonly preprocessing: TokenPreprocessing;
  readonly graph: ImportedGraph;
  readonly read: Codec<TokenFeatures>["read"];
  readonly feeds: Codec<TokenFeatures>["feeds"];
}

/** The encoder that the recipe names. */
export function encoderOf({ encoder, recipe }: TrainingInput<{ readonly encoder: string }>): OpenEncoder {
  if (!encoder) {
    throw new Refusal("invalid_request", `The encoder "${recipe.encoder}" was not given to this training.`);
  }
  const { onnx, tokenizer, ...facts } = encoder;
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

/** What a training step feeds to it: the codec's numbers as int32. */
export function encoderValues({ feeds }: OpenEncoder, texts: readonly TokenFeatures[]): NonNullable<Batch["values"]> {
  const fed = Object.entries(feeds(texts));
  return Object.fromEntries(fed.map(([name, { data }]) => [name, Int32Array.from(data, Number)]));
}
