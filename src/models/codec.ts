/** Numbers with a shape, by the name of the graph's input they feed. Their type is that of the array. */
export interface Feed {
  readonly data: Float32Array | Int32Array | BigInt64Array;
  readonly dims: readonly number[];
}

/**
 * How inputs of one kind become what a graph is fed. Each kind of preprocessing has a codec in a file that imports
 * nothing but types, because its compiled JavaScript is copied into exported folders as `preprocessing.mjs`.
 */
export interface Codec<Features> {
  /** Throws an `Error` whose message tells the caller what is wrong with the input. */
  read(input: string): Features;
  /** By what inputs are brought together in batches: padded to the longest of a batch. */
  length(features: Features): number;
  /** At least one input's features, as one batch. */
  feeds(batch: readonly Features[]): { readonly [input: string]: Feed };
}
