export type {
  Answer,
  ClassAnswer,
  InvalidInput,
  NeighboursAnswer,
  ValueAnswer,
  VectorAnswer,
  VectorFacts,
} from "./answer.ts";
export type { CardData, CardClassification, CardEvaluation, CardTraining, ModelCard } from "./card.ts";
export type { Codec } from "./codec.ts";
export { type ModelComparison, compareModels } from "./compare.ts";
export type { Encoder } from "./encoder/encoder.ts";
export { type OpenEncoder, encode, encoderWeights, openEncoder, vectorsOnnx } from "./encoder/encoder-model.ts";
export {
  type EncoderFacts,
  type RegisteredEncoder,
  getEncoder,
  listEncoders,
  loadEncoder,
  registerEncoder,
  renderEncoders,
} from "./encoder/registry.ts";
export { type TokenFeatures, type TokenPreprocessing, tokenCodec } from "./encoder/tokenizer.ts";
export {
  type TokensAndNgrams,
  type TokensAndNgramsPreprocessing,
  tokensAndNgramsCodec,
} from "./encoder/tokens-and-ngrams.ts";
export { publishEncoder, publishVectors } from "./encoder/publish.ts";
export { convertUniversalSentenceEncoder } from "./encoder/universal-sentence-encoder.ts";
export { readEncoder } from "./encoder/folder.ts";
export { modelArchive } from "./archive.ts";
export { type Exported, exportModel } from "./export-folder.ts";
export type {
  ClassificationSummary,
  Computation,
  Decision,
  Estimate,
  Figure,
  FigureSummary,
  JudgedTask,
  Lineage,
  Model,
  ModelBundle,
  ModelFiles,
  ModelSummary,
  Task,
} from "./model.ts";
export { type InputKind, inputKindOf, isClassifier } from "./model.ts";
export { type Predictor, type Scorer, openPredictor, openScorer } from "./predictor.ts";
export { type Features, type Preprocessing, openCodec } from "./preprocessing.ts";
export {
  type NewModel,
  type NewModelInput,
  type Page,
  getModel,
  insertModel,
  listModels,
  loadBundle,
  prepareModel,
  registerModel,
} from "./registry.ts";
export { exportedCommand, renderCard, sampleInput } from "./render-card.ts";
export { renderComparison, renderModels } from "./render.ts";
export type { ModelTables } from "./tables.ts";
export { type TextFeatures, type TextPreprocessing, textFeatures } from "./text-features.ts";
export { type ImageFeatures, type ImagePreprocessing, imageCodec, pictureOf, pixelFeed } from "./image-features.ts";
export {
  type CategoryColumn,
  type NumberColumn,
  type RowFeatures,
  type TablePreprocessing,
  categoryIds,
  numberWidth,
  onLogScale,
  rowFeeds,
  tableCodec,
} from "./table-features.ts";
export {
  type TokenSequence,
  type TokenSequencePreprocessing,
  type TokenUnit,
  sequenceFeeds,
  tokenSequenceCodec,
  tokenizer,
} from "./token-sequence.ts";
export { type Ending, type GenerateOptions, type Written, generate } from "./language/generate.ts";
export { type LanguageModel, type Reader, openLanguageModel } from "./language/language-model.ts";
export type { LanguagePreprocessing, LanguageState } from "./language/preprocessing.ts";
export {
  type Choice,
  type Sampling,
  type StopFilter,
  choices,
  draw,
  logProbabilities,
  stopFilter,
} from "./sampling.ts";
export { learnBytePairs, learnCharacters, learnWords } from "./tokenizers/learn.ts";
export {
  type Tokenizer,
  type TokenizerParameters,
  endOfText,
  openTokenizer,
  segments,
  unknownToken,
} from "./tokenizers/tokenizer.ts";
export { type Ask, type ExplainOptions, explain } from "./explain/explain.ts";
export type { Attribution, Explanation, Part } from "./explain/explanation.ts";
export { renderExplanation } from "./explain/render-explanation.ts";
export { type WordSum, type WordVectorPreprocessing, readWords } from "./word-vectors.ts";
