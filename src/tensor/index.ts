export { type Clock, systemClock } from "../kernel/clock.ts";
export { inChild, type ChildTask } from "./child/in-child.ts";
export { runInChild, type RunInChildOptions } from "./child/run-in-child.ts";
export {
  averagePool,
  conv,
  type ConvOptions,
  globalAveragePool,
  maxPool,
  type Padding,
  type PerAxis,
  type PoolOptions,
} from "./graph/convolution.ts";
export { gradients } from "./graph/gradient.ts";
export type { OpKind } from "./graph/operations.ts";
export type { Dim, ElementType, Shape } from "./graph/shape.ts";
export { ctcLoss, labelCrossEntropy } from "./graph/losses.ts";
export { concat, constant, input, type Operand, parameter, softmaxCrossEntropy, Tensor } from "./graph/tensor.ts";
export { toOnnx, type GraphOptions } from "./graph/to-onnx.ts";
export { type ApplyOptions, importOnnx, type ImportedGraph, type Lora, type Trained } from "./import/import-onnx.ts";
export {
  attend,
  type AttentionOptions,
  type Cache,
  type MaskOptions,
  multiHeadAttention,
  multiHeadAttentionFrom,
} from "./model/attention.ts";
export { conv1d, conv2d, type ConvLayerOptions, flatten } from "./model/convolution.ts";
export { embedding, type EmbeddingOptions } from "./model/embedding.ts";
export { exportOnnx, type ExportOptions } from "./model/export.ts";
export {
  glorot,
  glorotNormal,
  he,
  heUniform,
  type Initializer,
  normal,
  ones,
  orthogonal,
  truncatedNormal,
  uniform,
  zeros,
} from "./model/initializers.ts";
export {
  type Activation,
  dense,
  type DenseOptions,
  dropout,
  embeddingBag,
  type EmbeddingBagOptions,
  mlp,
  type MlpOptions,
} from "./model/layers.ts";
export {
  defineModel,
  type Mode,
  type Model,
  type Outputs,
  type ParameterOptions,
  type Scope,
  type TableOptions,
} from "./model/model.ts";
export {
  batchNorm,
  type BatchNormOptions,
  groupNorm,
  type GroupNormOptions,
  layerNorm,
  type LayerNormOptions,
} from "./model/normalization.ts";
export {
  gru,
  gruFrom,
  lstm,
  lstmFrom,
  type RecurrentOptions,
  type Stacked,
  type StatefulOptions,
} from "./model/recurrent.ts";
export { summarize } from "./model/summary.ts";
export {
  addPositions,
  cacheInputs,
  cacheOutputs,
  meanOverTime,
  type PositionOptions,
  transformerDecoderFrom,
  transformerEncoder,
  type TransformerOptions,
} from "./model/transformer.ts";
export type { Weight, Weights } from "./model/weights.ts";
export { readOnnx, writeOnnx } from "./onnx/file.ts";
export { onnxPart } from "./onnx/part.ts";
export type { GraphProto, ModelProto, NodeProto, TensorProto } from "./onnx/schema.ts";
export { quantize, type QuantizeOptions, type QuantizeReport } from "./quantize/quantize.ts";
export {
  openSession,
  type Runtime,
  type Session,
  type SessionOptions,
  systemRuntime,
  value,
  type Value,
  type ValueDeclaration,
  type Values,
} from "./runtime/runtime.ts";
export { type Bag, type Batch, type Batches, orderedBatches, padBags, shuffledBatches } from "./training/batch.ts";
export { chooseThreads, type ChooseThreadsOptions, type ThreadTimes } from "./training/choose-threads.ts";
export { type CheckpointStore, fileCheckpoint } from "./training/checkpoint.ts";
export type { EpochCurve, Means } from "./training/curves.ts";
export { type Fold, type FoldOptions, kFold, stratifiedKFold } from "./training/folds.ts";
export { fit, type FitOptions, type FitProgress, type FitResult } from "./training/fit.ts";
export { classification, type ClassificationOptions, type Measured, type Objective } from "./training/objective.ts";
export {
  adam,
  type AdamOptions,
  adamW,
  type AdamWOptions,
  type Optimizer,
  penalized,
  type Penalties,
  rmsprop,
  type RmspropOptions,
  sgd,
  type SgdOptions,
} from "./training/optimizers.ts";
export {
  balancedBatches,
  balancedWeights,
  type BalanceOptions,
  bucketedBatches,
  type BucketOptions,
} from "./training/sampling.ts";
export { type Padded, type PadOptions, padSequences, streamedBatches } from "./training/streams.ts";
export {
  constantRate,
  type CosineOptions,
  cosineRate,
  type DecayOptions,
  exponentialRate,
  oneCycle,
  type OneCycleOptions,
  type PlateauOptions,
  reduceOnPlateau,
  type Schedule,
  stepRate,
  warmUp,
  warmUpCosine,
  type WarmUpCosineOptions,
} from "./training/schedules.ts";
export { contrastive, type ContrastiveOptions, triplet, type TripletOptions } from "./training/objectives/likeness.ts";
export { multiLabel, type MultiLabelOptions } from "./training/objectives/multi-label.ts";
export { perPosition, type PerPositionOptions } from "./training/objectives/per-position.ts";
export { regression, type RegressionOptions } from "./training/objectives/regression.ts";
export { transcription, type TranscriptionOptions } from "./training/objectives/transcription.ts";
export { openStepper, type Report, type Stepper, type StepperOptions } from "./training/stepper.ts";
export type { Clipping } from "./training/updater.ts";
