/** Why a row does not become an example. Counted always, listed up to a limit; `says` completes "row 7 …". */
export const rejectionReasons = {
  missing_input: "has no text",
  missing_label: "has no label",
  broken_utf8: "is not valid UTF-8",
  line_too_long: "is longer than a line may be",
  wrong_column_count: "has more or fewer cells than the header has columns",
  not_json: "is not JSON",
  not_an_object: "is JSON, but not an object",
  not_text: "has something else than text in the input column",
  label_not_scalar: "has a label that is a list or an object",
  label_too_long: "has a label longer than a label may be",
  unmapped_label: "has a label that the given mapping does not name",
  input_too_long: "has a longer text than an example may have",
  binary_file: "is a binary file, not text",
  not_a_mail: "does not begin with the headers of a mail",
  file_too_large: "is a larger file than an example may be",
  not_a_row: "is not a JSON object of columns",
  missing_column: "lacks a column",
  unknown_column: "has a column that the dataset does not have",
  empty_row: "has no value in any column",
  not_a_number: "has something else than a number in a number column",
  cell_not_scalar: "has a list or an object in a column",
  cell_too_long: "has a longer text in a column than a cell may have",
  label_not_a_number: "has a label that is not a number",
  not_an_image: "is not a data URL of an image",
  broken_image: "is not a PNG or JPEG that can be read",
  image_too_large: "has more pixels than an image may have",
  not_a_pair: "is not JSON with the texts a and b",
  spans_not_a_list: "has spans that are not a JSON list",
  too_many_spans: "has more spans than a text may have",
  broken_span: "has a span without whole numbers as start and end and a text as label",
  span_outside: "has a span that is empty or goes beyond the text",
  spans_overlap: "has two spans that share a character",
  span_text_differs: "has a span that names another text than stands there; offsets count code points",
} as const satisfies Record<string, string>;

export type RejectionReason = keyof typeof rejectionReasons;

/** Where something stood: a file by its name, or by its path below the imported folder. `row` is what a spreadsheet or an editor shows: the header of a CSV is row 1. */
export interface Position {
  readonly file: string;
  readonly row: number | undefined;
}

export type Read =
  | {
      readonly kind: "row";
      readonly at: Position;
      /** A text, the columns of a row as JSON, or a data URL. */
      readonly input: string;
      readonly label: string | undefined;
      /** Rows of a table with the same value here stay in one split. */
      readonly group?: string | undefined;
    }
  | { readonly kind: "rejected"; readonly at: Position; readonly reason: RejectionReason; readonly column?: string };

/** What is known only while reading and belongs in the data report. */
export interface ReadNotes {
  /** Files passed over because of their extension, by extension. */
  readonly skippedFiles: Map<string, number>;
  /** Mails in which a header was stripped, by header. */
  readonly strippedHeaders: Map<string, number>;
  attachments: number;
  mails: number;
}

export interface ReadContext {
  readonly notes: ReadNotes;
  readonly signal: AbortSignal | undefined;
  /** Told after each piece that was read. */
  readonly onBytes: (bytes: number) => void;
}

/** The beginning of a file, before anybody has said which columns are wanted. */
export interface Peek {
  readonly columns: readonly string[];
  /** One cell a column; `undefined` where a row has none. */
  readonly rows: readonly (readonly unknown[])[];
}

/** Items arrive in batches, because a million awaits cost more than a million rows. */
export type Reader = AsyncGenerator<readonly Read[]>;

export function count<K>(counts: Map<K, number>, key: K, by = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}
