import type { ClassAnswer, ValueAnswer } from "../answer.ts";

/** A part of an input and how much it speaks for the explained answer. */
export interface Attribution {
  readonly part: Part;
  /**
   * How much lower the label's log-odds (of a regression: the value) are when this part is taken away. Positive speaks for
   * the answer, negative against it.
   */
  readonly weight: number;
}

export type Part =
  /** A word, wherever it stands: from and to of each place, in UTF-16 units. */
  | { readonly kind: "word"; readonly text: string; readonly places: readonly (readonly [number, number])[] }
  | { readonly kind: "column"; readonly name: string; readonly value: string | number }
  | {
      readonly kind: "patch";
      readonly x: number;
      readonly y: number;
      readonly width: number;
      readonly height: number;
    };

export interface Explanation {
  /** What the model answers to the whole input. */
  readonly answer: ClassAnswer | ValueAnswer;
  /** The label that is explained; null of a regression. */
  readonly label: string | null;
  /** The most telling first. */
  readonly parts: readonly Attribution[];
  /** How many inputs the model was asked about. */
  readonly asked: number;
}

/** The input without a part of it. */
export interface Variant {
  readonly part: Part;
  readonly without: string;
}
