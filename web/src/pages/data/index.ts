export { DatasetPage } from "./dataset-page.tsx";
export { DatasetsPage } from "./datasets-page.tsx";
export { ImportPage } from "./import/import-page.tsx";
export { LineagePage } from "./lineage/lineage-page.tsx";
export { VersionPage } from "./version-page.tsx";
