import type { Tokenizer } from "./tokenizer.ts";

/** A pretrained network that turns text into vectors: an ordinary ONNX file and its tokenizer. */
export interface Encoder {
  readonly name: string;
  /** SPDX identifier, or "unknown". */
  readonly license: string;
  readonly source: string;
  /** BCP 47, or "mul" for several. */
  readonly language: string;
  /** Numbers in a vector. */
  readonly width: number;
  /** Ids of a text, marks included; the rest of a longer text is not read. */
  readonly lengthMax: number;
  /** Names of the graph's inputs, int64 [batch, length]; null where it has none. */
  readonly inputs: { readonly ids: string; readonly mask: string | null; readonly types: string | null };
  readonly output: string;
  /** How the output becomes one vector: `none` if it is one, else from [batch, length, width] by mean or first place. */
  readonly pooling: "none" | "mean" | "first";
  readonly onnx: Uint8Array;
  readonly tokenizer: Tokenizer;
}
