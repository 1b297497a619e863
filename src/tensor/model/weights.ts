/** One trained array. */
export interface Weight {
  readonly shape: readonly number[];
  /** Row-major. */
  readonly data: Float32Array;
}

/** Every parameter and table of a model, by name. */
export type Weights = ReadonlyMap<string, Weight>;
