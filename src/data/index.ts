export {
  type BrowsedPage,
  type Browsing,
  type NearGroup,
  type SliceName,
  browseExamples,
  getExamples,
  listNearGroups,
  sliceNames,
} from "./browse.ts";
export { type Changed, type NewExample, type RowOutcome, type VersionChange, createVersion } from "./change.ts";
export {
  type Dataset,
  type NewDataset,
  type Page,
  createDataset,
  defaultShares,
  findDataset,
  findForImport,
  listDatasets,
} from "./datasets.ts";
export { type VersionDiff, diffVersions } from "./diff.ts";
export {
  type Example,
  bornProvenances,
  exportJsonl,
  pagesOfExamples,
  readExamples,
  textsOfExamples,
} from "./examples.ts";
export { type Forgotten, type FoundExample, type Search, findExamples, forgetExamples } from "./forget.ts";
export { type ImportProgress, type ImportRequest, type StagedImport, importFiles, stageImport } from "./import.ts";
export { describeImage, prepareImage } from "./image/prepare.ts";
export { type Kind, isForLabelling, kinds, nounsOf } from "./kinds.ts";
export { preferences } from "./pairs/pair.ts";
export type { Provenance } from "./provenance.ts";
export { type RejectionReason, rejectionReasons } from "./readers/read.ts";
export { type Format, type Source, folderFormats, formats } from "./readers/source.ts";
export type { ChangeReport, DataReport, ImportReport, LabelRow, PartCounts, Percentiles } from "./report.ts";
export { renderReport } from "./report-text.ts";
export { type Span, labelOfSpans, parseSpans, spansOfLabel } from "./spans/spans.ts";
export { type Part, type Shares, type Split, parts } from "./splits.ts";
export { type Column, type ColumnKind, type TableShape, type Target, targets } from "./table/shape.ts";
export type { DataDeps } from "./tables.ts";
export { cleanText } from "./text/clean.ts";
export { type DetectLanguage, openLanguageDetector } from "./text/language.ts";
export {
  type PersonalCounts,
  type PersonalKind,
  type PersonalSpan,
  countPersonalData,
  findPersonalData,
  personalKinds,
  redactPersonalData,
} from "./text/personal.ts";
export {
  type UploadImport,
  type UploadImportRequest,
  cancelImport,
  findImport,
  importJobs,
  startImport,
} from "./uploads/imports.ts";
export { type Preview, previewSource } from "./uploads/preview.ts";
export {
  type Upload,
  appendToUpload,
  createUpload,
  discardUpload,
  findUpload,
  sweepUploads,
  wholeUpload,
} from "./uploads/uploads.ts";
export { type Verification, verifyVersion } from "./verify.ts";
export { type DatasetVersion, findVersion, listVersions, readReport, versionsAround } from "./versions.ts";
export type { Committed } from "./write-version.ts";
