import type { TokenizerParameters } from "../tokenizers/tokenizer.ts";

/** How a language model reads and what it remembers, as `preprocessing.json` holds it. */
export interface LanguagePreprocessing {
  readonly kind: "language";
  readonly format: 1;
  readonly tokenizer: TokenizerParameters;
  /** How many tokens the graph can look back on; null where its state holds all that was read. */
  readonly context: number | null;
  /**
   * What the graph remembers: it takes `name` beside `ids` int64 [batch, length] and gives `next` beside `logits` float32
   * [batch, length, tokens]. At first all zeros, with nothing in the dimension `past`.
   */
  readonly states: readonly LanguageState[];
}

export interface LanguageState {
  readonly name: string;
  readonly next: string;
  readonly dims: readonly (number | "batch" | "past")[];
}
