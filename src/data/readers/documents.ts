import { isPng } from "../../kernel/png.ts";
import { readMail } from "../mail/mail.ts";
import { decodeUtf8 } from "../text/utf8.ts";
import { type Read, type ReadContext, count } from "./read.ts";

/** One file that is one example, wherever it comes from. */
export type DocumentKind = "text" | "mail" | "image";

/** Which extensions hold an example. Mail folders often have none, or a hash: there everything but known others counts. */
const accepts: { readonly [K in DocumentKind]: (extension: string) => boolean } = {
  text: (extension) => ["", ".txt", ".text", ".md"].includes(extension),
  mail: (extension) => !notMail.has(extension),
  image: (extension) => [".png", ".jpg", ".jpeg"].includes(extension),
};

const notMail: ReadonlySet<string> = new Set(
  (
    ".json .jsonl .ndjson .csv .tsv .parquet .js .ts .md .html .htm .xml .yaml .yml .zip .gz .tgz .tar .bz2 .xz .7z " +
    ".pdf .doc .docx .xls .xlsx .png .jpg .jpeg .gif .svg .webp .db .sqlite .msg .pst"
  ).split(" "),
);

export const isDocument = (kind: DocumentKind, extension: string): boolean => accepts[kind](extension);

export const readDocumentBytes = (
  kind: DocumentKind,
  bytes: Buffer,
  at: Read["at"],
  label: string | undefined,
  context: ReadContext,
): Read => documentReaders[kind](bytes, at, label, context);

type DocumentReader = (bytes: Buffer, at: Read["at"], label: string | undefined, context: ReadContext) => Read;

const documentReaders: { readonly [K in DocumentKind]: DocumentReader } = {
  text(bytes, at, label) {
    if (bytes.includes(0)) return { kind: "rejected", at, reason: "binary_file" };
    const input = decodeUtf8(bytes);
    return input === undefined ? { kind: "rejected", at, reason: "broken_utf8" } : { kind: "row", at, input, label };
  },
  mail(bytes, at, label, { notes }) {
    const mail = readMail(bytes);
    if (!mail) return { kind: "rejected", at, reason: bytes.includes(0) ? "binary_file" : "not_a_mail" };
    notes.mails++;
    notes.attachments += mail.attachments;
    for (const header of mail.strippedHeaders) count(notes.strippedHeaders, header);
    return { kind: "row", at, input: `${mail.subject}\n\n${mail.body}`, label };
  },
  image: (bytes, at, label) => ({
    kind: "row",
    at,
    input: `data:image/${isPng(bytes) ? "png" : "jpeg"};base64,${bytes.toString("base64")}`,
    label,
  }),
};
