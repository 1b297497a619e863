import { z } from "zod";
import { Refusal } from "../../kernel/errors.ts";
import type { Normalization, Splitting, Tokenizer, Unigram, WordPiece } from "./tokenizer.ts";

const part = z.looseObject({ type: z.string() });
const pattern = z.union([z.object({ String: z.string() }), z.object({ Regex: z.string() })]);
const file = z.looseObject({
  added_tokens: z
    .array(z.looseObject({ id: z.int(), content: z.string(), special: z.boolean().default(false) }))
    .default([]),
  normalizer: part.nullish(),
  pre_tokenizer: part.nullish(),
  post_processor: part.nullish(),
  model: part,
});
type Part = z.infer<typeof part>;

/**
 * Hugging Face's `tokenizer.json`, models Unigram and WordPiece; refuses (`invalid_data`) by name what it does not
 * know. Marks such as `[SEP]` that stand in a text are text: nobody closes a sentence from inside it.
 */
export function readHuggingFaceTokenizer(json: unknown): Tokenizer {
  const { added_tokens: added, normalizer, pre_tokenizer: splitter, post_processor: marks, model } = parse(file, json);
  const reserved = added.filter(({ special }) => special).map(({ id }) => id);
  const cut = modelOf(model, reserved);
  const idOf = (content: string): number => {
    const id = added.find((token) => token.content === content)?.id ?? pieceNames(cut).indexOf(content);
    if (id < 0) throw new Refusal("invalid_data", `tokenizer.json: there is no token "${content}".`);
    return id;
  };
  const padding = added.find(({ content }) => content === "[PAD]" || content === "<pad>")?.id ?? 0;
  return {
    normalize: normalizer ? normalizations(normalizer) : [],
    split: splitter ? splittings(splitter) : [],
    model: cut,
    ...(marks ? template(marks, idOf) : { before: [], after: [] }),
    padding,
  };
}

/** BERT's `vocab.txt`: a piece a line, the line number is the id. */
export function readVocabulary(text: string, options: { readonly lowercase?: boolean } = {}): Tokenizer {
  const pieces = text.split(/\r?\n/u);
  if (pieces.at(-1) === "") pieces.pop();
  const idOf = (piece: string): number => {
    const id = pieces.indexOf(piece);
    if (id < 0) throw new Refusal("invalid_data", `vocab.txt: there is no piece "${piece}".`);
    return id;
  };
  return {
    normalize: bertNormalizer({ lowercase: options.lowercase ?? true }),
    split: bertSplitter,
    model: { type: "wordpiece", pieces, unknown: idOf("[UNK]"), continuation: "##", wordMax: 100 },
    before: [idOf("[CLS]")],
    after: [idOf("[SEP]")],
    padding: idOf("[PAD]"),
  };
}

const pieceNames = (model: Unigram | WordPiece): readonly string[] =>
  model.type === "unigram" ? model.pieces.map(([piece]) => piece) : model.pieces;

function modelOf(model: Part, reserved: readonly number[]): Unigram | WordPiece {
  if (model.type === "Unigram") {
    const { vocab, unk_id: unknown } = parse(unigram, model);
    return { type: "unigram", pieces: vocab, unknown, reserved: reserved.filter((id) => id < vocab.length) };
  }
  if (model.type === "WordPiece") {
    const read = parse(wordPiece, model);
    const pieces: string[] = [];
    for (const [piece, id] of Object.entries(read.vocab)) pieces[id] = piece;
    const unknown = read.vocab[read.unk_token];
    if (unknown === undefined)
      throw new Refusal("invalid_data", `tokenizer.json: there is no token "${read.unk_token}".`);
    const [continuation, wordMax] = [read.continuing_subword_prefix, read.max_input_chars_per_word];
    return { type: "wordpiece", pieces: Array.from(pieces, (piece) => piece ?? ""), unknown, continuation, wordMax };
  }
  throw unsupported("model", model.type, "Unigram and WordPiece");
}

const unigram = z.looseObject({ vocab: z.array(z.tuple([z.string(), z.number()])), unk_id: z.int() });
const wordPiece = z.looseObject({
  vocab: z.record(z.string(), z.int()),
  unk_token: z.string(),
  continuing_subword_prefix: z.string().default("##"),
  max_input_chars_per_word: z.int().default(100),
});

const normalizerKinds: { readonly [type: string]: (part: Part) => readonly Normalization[] } = {
  Sequence: (sequence) =>
    parse(z.looseObject({ normalizers: z.array(part) }), sequence).normalizers.flatMap(normalizations),
  NFC: () => [{ kind: "unicode", form: "NFC" }],
  NFD: () => [{ kind: "unicode", form: "NFD" }],
  NFKC: () => [{ kind: "unicode", form: "NFKC" }],
  NFKD: () => [{ kind: "unicode", form: "NFKD" }],
  Lowercase: () => [{ kind: "lowercase" }],
  StripAccents: () => [{ kind: "stripAccents" }],
  Strip: (part) => {
    const { strip_left: left, strip_right: right } = parse(stripSchema, part);
    return [{ kind: "strip", left, right }];
  },
  Prepend: (part) => [{ kind: "prepend", text: parse(z.looseObject({ prepend: z.string() }), part).prepend }],
  Replace: (part) => {
    const { pattern: what, content } = parse(z.looseObject({ pattern, content: z.string() }), part);
    return [{ kind: "replace", pattern: "Regex" in what ? what.Regex : escape(what.String), by: content }];
  },
  BertNormalizer: (part) => {
    const read = parse(bertSchema, part);
    return bertNormalizer({
      clean: read.clean_text,
      chinese: read.handle_chinese_chars,
      lowercase: read.lowercase,
      accents: read.strip_accents ?? read.lowercase,
    });
  },
};

const stripSchema = z.looseObject({ strip_left: z.boolean(), strip_right: z.boolean() });
const bertSchema = z.looseObject({
  clean_text: z.boolean().default(true),
  handle_chinese_chars: z.boolean().default(true),
  strip_accents: z.boolean().nullish(),
  lowercase: z.boolean().default(true),
});

function bertNormalizer(options: {
  readonly clean?: boolean;
  readonly chinese?: boolean;
  readonly lowercase: boolean;
  readonly accents?: boolean;
}): Normalization[] {
  const { clean = true, chinese = true, lowercase, accents = lowercase } = options;
  const steps: Normalization[] = [];
  if (clean) steps.push({ kind: "clean" });
  if (chinese) steps.push({ kind: "spaceChinese" });
  if (accents) steps.push({ kind: "unicode", form: "NFD" }, { kind: "stripAccents" });
  if (lowercase) steps.push({ kind: "lowercase" });
  return steps;
}

const bertSplitter: readonly Splitting[] = [{ kind: "whitespace" }, { kind: "punctuation" }];

const splitterKinds: { readonly [type: string]: (part: Part) => readonly Splitting[] } = {
  Sequence: (sequence) =>
    parse(z.looseObject({ pretokenizers: z.array(part) }), sequence).pretokenizers.flatMap(splittings),
  BertPreTokenizer: () => bertSplitter,
  WhitespaceSplit: () => [{ kind: "whitespace" }],
  Whitespace: () => [{ kind: "words" }],
  Punctuation: () => [{ kind: "punctuation" }],
  Metaspace: (part) => {
    const read = parse(metaspaceSchema, part);
    const prepend =
      read.prepend_scheme === undefined ? (read.add_prefix_space ?? true) : read.prepend_scheme !== "never";
    return [{ kind: "metaspace", mark: read.replacement, prepend }];
  },
};

const metaspaceSchema = z.looseObject({
  replacement: z.string(),
  prepend_scheme: z.enum(["always", "first", "never"]).optional(),
  add_prefix_space: z.boolean().optional(),
});

function normalizations(normalizer: Part): readonly Normalization[] {
  const read = normalizerKinds[normalizer.type];
  if (!read) throw unsupported("normalizer", normalizer.type, Object.keys(normalizerKinds).join(", "));
  return read(normalizer);
}

function splittings(splitter: Part): readonly Splitting[] {
  const read = splitterKinds[splitter.type];
  if (!read) throw unsupported("pre-tokenizer", splitter.type, Object.keys(splitterKinds).join(", "));
  return read(splitter);
}

/** The marks around one text. */
function template(marks: Part, idOf: (content: string) => number): Pick<Tokenizer, "before" | "after"> {
  if (marks.type === "BertProcessing" || marks.type === "RobertaProcessing") {
    const { cls, sep } = parse(z.looseObject({ cls: markSchema, sep: markSchema }), marks);
    return { before: [cls[1]], after: [sep[1]] };
  }
  if (marks.type === "Sequence") {
    const { processors } = parse(z.looseObject({ processors: z.array(part) }), marks);
    const one = processors.find(({ type }) => type !== "ByteLevel");
    return one ? template(one, idOf) : { before: [], after: [] };
  }
  if (marks.type !== "TemplateProcessing") {
    throw unsupported("post-processor", marks.type, "TemplateProcessing, BertProcessing, RobertaProcessing");
  }
  const { single } = parse(templateSchema, marks);
  const text = single.findIndex(({ Sequence }) => Sequence);
  const ids = single.map(({ SpecialToken: mark }) => (mark ? idOf(mark.id) : -1));
  return { before: ids.slice(0, text), after: ids.slice(text + 1) };
}

const markSchema = z.tuple([z.string(), z.int()]);
const templateSchema = z.looseObject({
  single: z.array(
    z.object({
      SpecialToken: z.looseObject({ id: z.string() }).optional(),
      Sequence: z.looseObject({}).optional(),
    }),
  ),
});

const escape = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/gu, "\\$&");

function unsupported(what: string, type: string, known: string): Refusal {
  return new Refusal("invalid_data", `tokenizer.json: the ${what} "${type}" is not supported.`, {
    hint: `Supported are ${known}.`,
  });
}

function parse<Schema extends z.ZodType>(schema: Schema, json: unknown): z.infer<Schema> {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new Refusal("invalid_data", `tokenizer.json is not a tokenizer: ${issue?.path.join(".")}: ${issue?.message}.`);
}
