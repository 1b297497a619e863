import type { Answer } from "../../../api/client.ts";

export type Lineage = Answer<"GET /admin/v1/lineage">;
export type Node = Lineage["nodes"][number];

/** One after the other from left to right. */
export const columns = ["source", "version", "run", "model", "release"] as const;

export const box = { width: 156, height: 44 } as const;
const gap = { column: 34, row: 12, block: 28 } as const;
/** Room for what runs back around the boxes. */
const lane = 16;

export interface Placed {
  readonly node: Node;
  readonly x: number;
  readonly y: number;
}

/** A version with what went into it and what learned from it, beside each other. */
export interface Block {
  readonly version: string | null;
  readonly top: number;
  readonly placed: readonly Placed[];
}

export interface Line {
  readonly key: string;
  readonly path: string;
  /** From answers back to the data. */
  readonly isBack: boolean;
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly blocks: readonly Block[];
  readonly lines: readonly Line[];
}

/** Blocks below each other, in the order in which their versions are given; what belongs to no version comes last. */
export function layOut({ nodes, edges }: Pick<Lineage, "nodes" | "edges">): Layout {
  const versions = nodes.filter(({ kind }) => kind === "version").map(({ id }) => id);
  const known = new Set(versions);
  const blocks: Block[] = [];
  let y = gap.block;
  for (const version of [...versions, null]) {
    const of = nodes.filter((node) => (known.has(node.version ?? "") ? node.version : null) === version);
    if (of.length === 0) continue;
    const placed = stacked(inOrder(of, edges), y);
    blocks.push({ version, top: y, placed });
    y = Math.max(...placed.map((each) => each.y)) + box.height + gap.block;
  }
  const at = new Map(
    blocks.flatMap((block) => block.placed.map((each) => [each.node.id, { ...each, top: block.top }])),
  );
  const lines = edges.flatMap(({ from, to }): Line[] => {
    const [start, end] = [at.get(from), at.get(to)];
    return start && end ? [{ key: `${from} ${to}`, ...lineOf(start, end) }] : [];
  });
  return { width: xOf("release") + box.width + 2 * lane, height: y, blocks, lines };
}

const xOf = (kind: Node["kind"]): number => 2 * lane + columns.indexOf(kind) * (box.width + gap.column);

function stacked(nodes: readonly Node[], top: number): Placed[] {
  const next = new Map<string, number>();
  return nodes.map((node) => {
    const y = next.get(node.kind) ?? top;
    next.set(node.kind, y + box.height + gap.row);
    return { node, x: xOf(node.kind), y };
  });
}

/** Column by column, each node beside what it comes from, so that few lines cross. */
function inOrder(nodes: readonly Node[], edges: Lineage["edges"]): Node[] {
  const places = new Map<string, number>();
  const placeOf = ({ id }: Node): number =>
    Math.min(...edges.filter(({ to }) => to === id).map(({ from }) => places.get(from) ?? Infinity));
  return columns.flatMap((kind) => {
    const of = nodes.filter((node) => node.kind === kind).map((node) => ({ node, place: placeOf(node) }));
    const ordered = of.toSorted((a, b) => (a.place === b.place ? 0 : a.place - b.place)).map(({ node }) => node);
    for (const [at, { id }] of ordered.entries()) places.set(id, at);
    return ordered;
  });
}

interface End extends Placed {
  readonly top: number;
}

function lineOf(from: End, to: End): Omit<Line, "key"> {
  const [fromY, toY] = [from.y + box.height / 2, to.y + box.height / 2];
  const right = from.x + box.width;
  if (from.x < to.x) {
    const bend = (to.x - right) / 2;
    return { isBack: false, path: `M${right} ${fromY}C${right + bend} ${fromY} ${to.x - bend} ${toY} ${to.x} ${toY}` };
  }
  if (from.x > to.x) {
    // out at the right, over its block, and in from the left: through no box
    const above = from.top - gap.block / 2;
    return { isBack: true, path: `M${right} ${fromY}H${right + lane}V${above}H${lane}V${toY}H${to.x}` };
  }
  if (from.node.kind === "version") {
    const middle = from.x + box.width / 2;
    const [start, end] = from.y > to.y ? [from.y, to.y + box.height] : [from.y + box.height, to.y];
    return { isBack: false, path: `M${middle} ${start}V${end}` };
  }
  const out = right + gap.column / 2;
  return { isBack: false, path: `M${right} ${fromY}C${out} ${fromY} ${out} ${toY} ${right} ${toY}` };
}

/** As much of a text as fits; a Chinese character takes the room of two. */
export function fitting(text: string, room: number): string {
  let used = 0;
  let shown = "";
  for (const letter of text) {
    used += /[\u2e80-\uffef]/.test(letter) ? 2 : 1;
    if (used > room) return `${shown}…`;
    shown += letter;
  }
  return shown;
}
