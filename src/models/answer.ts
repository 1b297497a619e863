/** One of a classifier's labels. */
export interface ClassAnswer {
  readonly label: string;
  readonly probability: number;
  /** In the order of the model's labels; they sum to 1. */
  readonly probabilities: readonly number[];
  /** Of a model that may refuse: whether it does; the label is then only its best guess. */
  readonly refused?: boolean;
}

/** A number, of a regression. */
export interface ValueAnswer {
  readonly value: number;
}

/** The words whose vectors are most like the one that was asked for, the nearest first. */
export interface NeighboursAnswer {
  readonly neighbours: readonly { readonly word: string; readonly similarity: number }[];
}

/** What a text means, as numbers; two texts mean much the same when the product of their vectors is near 1. */
export interface VectorAnswer {
  /** Of norm 1. */
  readonly vector: Float32Array;
  /** How many were read, marks included. */
  readonly tokens: number;
}

/** Of a model that gives vectors. */
export interface VectorFacts {
  readonly width: number;
  /** Tokens of a text, marks included; the rest of a longer one is not read. */
  readonly lengthMax: number;
  /** How many of these are no text's: marks before and after it. */
  readonly marks: number;
}

/** Why an input was not answered, in words for the caller. */
export interface InvalidInput {
  readonly invalid: string;
}

/** The answer to one input. */
export type Answer = ClassAnswer | ValueAnswer | NeighboursAnswer | VectorAnswer;
