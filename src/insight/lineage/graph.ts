/** What a model or a version came from, and what came of it. */
export const lineageKinds = ["source", "version", "run", "model", "release"] as const;
export type LineageKind = (typeof lineageKinds)[number];

export interface LineageNode {
  readonly id: string;
  readonly kind: LineageKind;
  readonly name: string;
  /** A source's kind (file, review, feedback, manual), a release's role. */
  readonly detail: string;
  /** Of a source how many it gave, of a version how many it holds. */
  readonly examples: number | null;
  /** The version it stands beside: a source's, or the one that was learned from. */
  readonly version: string | null;
  /** The page of it: an id, or the name of an endpoint. */
  readonly object: string | null;
  readonly atMs: number;
}

export interface LineageEdge {
  readonly from: string;
  readonly to: string;
}

export interface Lineage {
  readonly nodes: readonly LineageNode[];
  readonly edges: readonly LineageEdge[];
}

/** What leads to `focus` and what follows from it; of what else there is nothing. */
export function around({ nodes, edges }: Lineage, focus: string): Lineage {
  const before = reach(focus, edges, "from");
  const after = reach(focus, edges, "to");
  const isKept = (id: string): boolean => before.has(id) || after.has(id);
  return {
    nodes: nodes.filter(({ id }) => isKept(id)),
    edges: edges.filter(({ from, to }) => (before.has(from) && before.has(to)) || (after.has(from) && after.has(to))),
  };
}

function reach(start: string, edges: readonly LineageEdge[], towards: "from" | "to"): Set<string> {
  const back = towards === "from" ? "to" : "from";
  const next = new Map<string, string[]>();
  for (const edge of edges) next.set(edge[back], [...(next.get(edge[back]) ?? []), edge[towards]]);
  const seen = new Set([start]);
  for (const id of seen) for (const one of next.get(id) ?? []) seen.add(one); // a set goes on over what is added
  return seen;
}
