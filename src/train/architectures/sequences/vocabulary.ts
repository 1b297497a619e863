import { type TokenSequencePreprocessing, type TokenUnit, tokenizer } from "../../../models/index.ts";
import type { TokenFields } from "./fields.ts";

/** Reading settled from the training split: the unit of a token and the most frequent tokens, of equals by code units. */
export function learnTokens(fields: TokenFields, texts: readonly string[]): TokenSequencePreprocessing {
  const unit = fields.unit === "auto" ? unitOf(texts) : fields.unit;
  const charsMax = fields.characters_max;
  const tokensOf = tokenizer({ unit, charsMax });
  const counts = new Map<string, number>();
  for (const text of texts) for (const token of tokensOf(text)) counts.set(token, (counts.get(token) ?? 0) + 1);
  const known = [...counts]
    .filter(([, count]) => count >= countMin)
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .slice(0, fields.vocabulary - reservedIds);
  return {
    kind: "token-sequence",
    format: 1,
    unit,
    vocabulary: known.map(([token]) => token),
    lengthMax: fields.length,
    keep: fields.keep,
    charsMax,
  };
}

/** Ids of padding and of the unknown token. */
const reservedIds = 2;

/** Rarer tokens read as unknown, so that what this means is learned, too. */
const countMin = 2;

/** How many ids there are: rows of an embedding table. */
export function idsOf({ vocabulary }: TokenSequencePreprocessing): number {
  return reservedIds + vocabulary.length;
}

/** Chinese words where most letters are Chinese, unless a tenth as many are Japanese. */
function unitOf(texts: readonly string[]): TokenUnit {
  let [letters, chinese, kana] = [0, 0, 0];
  for (const text of texts) {
    letters += text.match(/\p{L}/gu)?.length ?? 0;
    chinese += text.match(/\p{Script=Han}/gu)?.length ?? 0;
    kana += text.match(/[\p{Script=Hiragana}\p{Script=Katakana}]/gu)?.length ?? 0;
  }
  return chinese > letters / 2 && kana < chinese / 10 ? "chinese-words" : "words";
}
