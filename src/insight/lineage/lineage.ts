import { type Dataset, type DatasetVersion, findDataset, findVersion, versionsAround } from "../../data/index.ts";
import { isId } from "../../kernel/ids.ts";
import { limits } from "../../kernel/limits.ts";
import { getModel } from "../../models/index.ts";
import type { Queries } from "../../store/index.ts";
import { type Lineage, type LineageEdge, type LineageNode, around } from "./graph.ts";
import { type LearnedModel, modelsOf, releasesOf, runsOf } from "./models.ts";
import { sourcesOf } from "./sources.ts";

export interface FoundLineage extends Lineage {
  /** The id of what was asked about. */
  readonly of: string;
  /** There are more versions, models or releases than are shown. */
  readonly isCut: boolean;
}

/** Of a dataset all, of a version or a model what it came from and what came of it; from what was recorded when it happened. */
export async function lineageOf(db: Queries, of: string): Promise<FoundLineage> {
  if (isId("model", of)) {
    const model = await getModel(db, of);
    const { datasetVersion } = model.lineage;
    const version = datasetVersion ? await findVersion(db, datasetVersion) : undefined;
    const found = await gather(db, version, [model.id, ...(model.lineage.parent ? [model.lineage.parent] : [])]);
    return { ...found, ...around(found, model.id), of: model.id };
  }
  if (isId("datasetVersion", of) || of.includes("@")) {
    const version = await findVersion(db, of);
    const found = await gather(db, version, []);
    return { ...found, ...around(found, version.id), of: version.id };
  }
  const dataset = await findDataset(db, of);
  const latest = dataset.latestNumber === 0 ? undefined : await findVersion(db, dataset.id);
  return { ...(await gather(db, latest, [])), of: dataset.id };
}

/** The versions around one, what they are made of, and what learned from them; and models that are asked for by name. */
async function gather(
  db: Queries,
  version: DatasetVersion | undefined,
  alsoModels: readonly string[],
): Promise<Lineage & { readonly isCut: boolean }> {
  const dataset = version && (await findDataset(db, version.datasetId));
  const versions = version ? await versionsAround(db, version, limits.lineageVersionsMax) : [];
  const models = await modelsOf(
    db,
    versions.map(({ id }) => id),
    alsoModels,
  );
  const [runs, releases] = [await runsOf(db, models), await releasesOf(db, models)];
  const edges: LineageEdge[] = [];
  const nodes: LineageNode[] = [];
  for (const each of versions) {
    if (dataset) nodes.push(versionNode(dataset, each));
    if (each.parentId) edges.push({ from: each.parentId, to: each.id });
    const sources = await sourcesOf(db, each);
    nodes.push(...sources.nodes);
    edges.push(...sources.edges);
  }
  nodes.push(...runs.nodes, ...models.map(modelNode), ...releases.nodes);
  edges.push(...runs.edges, ...models.flatMap(modelEdges), ...releases.edges);
  const isCut =
    (dataset?.latestNumber ?? 0) > versions.length ||
    models.length >= limits.lineageModelsMax ||
    releases.nodes.length >= limits.lineageReleasesMax;
  const known = new Set(nodes.map(({ id }) => id));
  return { nodes, edges: edges.filter(({ from, to }) => known.has(from) && known.has(to)), isCut };
}

const versionNode = (dataset: Dataset, { id, number, counts, note, createdAtMs }: DatasetVersion): LineageNode => ({
  id,
  kind: "version",
  name: `${dataset.name}@${number}`,
  detail: note,
  examples: counts.train + counts.validation + counts.test,
  version: id,
  object: id,
  atMs: createdAtMs,
});

const modelNode = ({ id, name, task, version, createdAtMs }: LearnedModel): LineageNode => ({
  id,
  kind: "model",
  name,
  detail: task,
  examples: null,
  version,
  object: id,
  atMs: createdAtMs,
});

/** By its run where there was one; a model that was made of another comes from that. */
function modelEdges({ id, run, version, parent }: LearnedModel): LineageEdge[] {
  const origin = run ?? (parent === null ? version : null);
  return [origin, parent].flatMap((from) => (from === null ? [] : [{ from, to: id }]));
}
