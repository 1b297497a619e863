import type { Kind } from "./kinds.ts";
import type { RejectionReason } from "./readers/read.ts";
import type { Format } from "./readers/source.ts";
import type { Part } from "./splits.ts";
import type { NumberFacts, TableFacts } from "./table/facts.ts";
import type { PersonalKind } from "./text/personal.ts";

export type PartCounts = { readonly [P in Part]: number };

/** How a label is spread over a version. */
export interface LabelRow extends PartCounts {
  readonly label: string;
}

/** What is told of every version, whatever made it. */
export interface VersionFacts {
  readonly parts: PartCounts;
  readonly labels: readonly LabelRow[];
  /** Where labels are numbers: how these are spread. */
  readonly numbers?: NumberFacts | undefined;
  readonly warnings: readonly string[];
}

/**
 * What an import read, kept and dropped, and why. It holds counts and positions, never a text, so it may be shown and
 * kept. Always: `read = rejected + duplicates + conflicting + alreadyThere + added + returned`.
 */
export interface ImportReport extends VersionFacts {
  readonly kind: "import";
  /** What the examples are. */
  readonly data: Kind;
  readonly source: { readonly path: string; readonly format: Format };
  readonly rows: {
    readonly read: number;
    readonly rejected: number;
    /** The same input and label as an earlier row, or as another that became one with it (`averaged`). */
    readonly duplicates: number;
    /** The same input with several labels: all of them dropped, since nobody can say which is right. */
    readonly conflicting: number;
    /** Already in the dataset, with the same label. */
    readonly alreadyThere: number;
    readonly added: number;
    /** Had left the dataset, or waited in its pool. */
    readonly returned: number;
    /** Rows with equal columns and several numbers as label; each set of them became one example with their mean. */
    readonly averaged?: number | undefined;
  };
  readonly rejections: {
    readonly byReason: Readonly<Partial<Record<RejectionReason, number>>>;
    readonly listed: readonly {
      readonly file: string;
      readonly row?: number;
      readonly column?: string;
      readonly reason: RejectionReason;
    }[];
  };
  readonly conflicts: {
    readonly texts: number;
    readonly listed: readonly { readonly labels: Readonly<Record<string, number>>; readonly at: readonly string[] }[];
  };
  /** In a table: rows that share a value of the group column. */
  readonly nearDuplicates: {
    /** Groups of at least two, counting what the dataset had before. */
    readonly groups: number;
    readonly examples: number;
    readonly largest: number;
    /** Groups whose members do not all have one label: worth a look. */
    readonly mixedLabels: number;
    readonly sizes: readonly { readonly size: string; readonly groups: number }[];
  };
  /** Of the texts added; in UTF-16 units. */
  readonly lengthChars: Percentiles | undefined;
  readonly languages: { readonly sampled: number; readonly shares: readonly { language: string; share: number }[] };
  readonly personalData: {
    readonly redacted: boolean;
    readonly found: { readonly [K in PersonalKind]: { readonly matches: number; readonly examples: number } };
  };
  readonly mail: MailNotes | undefined;
  readonly table?: TableFacts | undefined;
  readonly images?: ImageFacts | undefined;
  readonly skippedFiles: readonly { readonly extension: string; readonly files: number }[];
}

/** Of the images added, as they are stored. */
export interface ImageFacts {
  readonly grey: number;
  readonly colour: number;
  readonly widthMin: number;
  readonly widthMax: number;
  readonly heightMin: number;
  readonly heightMax: number;
  /** Scaled down to `limits.imageSideMax`, of all that were read. */
  readonly shrunk: number;
}

export interface MailNotes {
  readonly mails: number;
  readonly attachmentsDropped: number;
  /** Every header but Subject, the most frequent first. */
  readonly strippedHeaders: readonly { readonly header: string; readonly mails: number }[];
}

export interface Percentiles {
  readonly min: number;
  readonly p10: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** What a change (reviews, removals, forgetting) did to the version before it. */
export interface ChangeReport extends VersionFacts {
  readonly kind: "change";
  readonly rows: {
    readonly given: number;
    readonly added: number;
    readonly returned: number;
    readonly relabelled: number;
    readonly unchanged: number;
    readonly refused: number;
    readonly removed: number;
  };
}

export type DataReport = ImportReport | ChangeReport;
