import path from "node:path";
import { type DatasetVersion, type Provenance, bornProvenances, readReport } from "../../data/index.ts";
import type { FeedbackTables } from "../../feedback/index.ts";
import type { Id } from "../../kernel/ids.ts";
import { limits } from "../../kernel/limits.ts";
import type { Queries } from "../../store/index.ts";
import type { Lineage, LineageEdge, LineageNode } from "./graph.ts";
import { releaseNode } from "./models.ts";

/** What a version's new examples came from: the file of its import, or the reviews, by the model whose answers they are about. */
export async function sourcesOf(db: Queries, version: DatasetVersion): Promise<Lineage> {
  const report = await readReport(db, version.id);
  if (report.kind === "import") {
    const { added, returned } = report.rows;
    return one(version, {
      key: "file",
      detail: "file",
      name: path.basename(report.source.path),
      examples: added + returned,
    });
  }
  const born = await bornProvenances(db, version.id, limits.lineageExamplesMax);
  return join([...(await reviewSources(db, version, born)), ...otherSources(version, born)]);
}

interface Source {
  readonly key: string;
  readonly detail: Provenance["kind"];
  readonly name: string;
  readonly examples: number;
  /** The model at an endpoint whose answers brought them. */
  readonly release?: string;
}

function one(version: DatasetVersion, { key, detail, name, examples, release }: Source): Lineage {
  const id = `${version.id}/${key}`;
  const node: LineageNode = {
    id,
    kind: "source",
    name,
    detail,
    examples,
    version: version.id,
    object: null,
    atMs: version.createdAtMs,
  };
  const edges: LineageEdge[] = [{ from: id, to: version.id }];
  return { nodes: [node], edges: release === undefined ? edges : [{ from: release, to: id }, ...edges] };
}

const join = (parts: readonly Lineage[]): Lineage => ({
  nodes: parts.flatMap(({ nodes }) => nodes),
  edges: parts.flatMap(({ edges }) => edges),
});

async function reviewSources(db: Queries, version: DatasetVersion, born: readonly Provenance[]): Promise<Lineage[]> {
  const ids = born.flatMap((each) => (each.kind === "review" ? [each.id as Id<"review">] : []));
  if (ids.length === 0) return [];
  const rows = await db
    .as<FeedbackTables>()
    .selectFrom("review_items")
    .select(({ fn }) => ["queue", "model", fn.countAll<number>().as("examples")])
    .where("id", "in", ids)
    .groupBy(["queue", "model"])
    .orderBy("queue")
    .orderBy("model")
    .execute();
  return rows.map(({ queue, model, examples }) => {
    if (model === null) return one(version, { key: queue, detail: "review", name: queue, examples });
    const release = releaseNode(queue, model);
    return one(version, { key: release, detail: "review", name: queue, examples, release });
  });
}

function otherSources(version: DatasetVersion, born: readonly Provenance[]): Lineage[] {
  return (["file", "feedback", "manual"] as const).flatMap((kind) => {
    const of = born.filter((each) => each.kind === kind);
    const [first] = of;
    if (!first) return [];
    return [one(version, { key: kind, detail: kind, name: nameOf(first), examples: of.length })];
  });
}

function nameOf(provenance: Provenance): string {
  if (provenance.kind === "manual") return provenance.note;
  return provenance.kind === "file" ? provenance.file : "";
}
