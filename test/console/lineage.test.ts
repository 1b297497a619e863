import fc from "fast-check";
import { expect, it } from "vitest";
import { type Lineage, box, columns, fitting, layOut } from "../../web/src/pages/data/lineage/layout.ts";

const versions = ["v3", "v2", "v1"];
const lineages = fc
  .array(fc.tuple(fc.constantFrom(...columns), fc.constantFrom(...versions, "gone", null)), { maxLength: 40 })
  .map((wanted): Pick<Lineage, "nodes" | "edges"> => {
    const node = { name: "", detail: "", examples: null, page: null, at_ms: 0 };
    const others = wanted.flatMap(([kind, version], at) =>
      kind === "version" ? [] : [{ ...node, id: `${at}`, kind, version }],
    );
    const nodes = [...versions.map((id) => ({ ...node, id, kind: "version" as const, version: id })), ...others];
    return { nodes, edges: others.map(({ id }) => ({ from: id, to: "v1" })) };
  });

it("every node has a place of its own, within the picture, and every line its two ends", () => {
  fc.assert(
    fc.property(lineages, (lineage) => {
      const { blocks, lines, width, height } = layOut(lineage);
      const placed = blocks.flatMap((block) => block.placed);
      expect(placed.map(({ node }) => node.id).sort()).toEqual(lineage.nodes.map(({ id }) => id).sort());
      for (const [at, a] of placed.entries()) {
        expect(a.x >= 0 && a.x + box.width <= width && a.y >= 0 && a.y + box.height <= height).toBe(true);
        for (const b of placed.slice(at + 1)) {
          const isApart = Math.abs(a.x - b.x) >= box.width || Math.abs(a.y - b.y) >= box.height;
          expect(isApart, `${a.node.id} and ${b.node.id}`).toBe(true);
        }
      }
      expect(lines).toHaveLength(lineage.edges.length);
    }),
  );
});

it.each([
  ["short", 10, "short"],
  ["a longer name", 8, "a longer…"],
  ["训练数据集", 6, "训练数…"],
])("%s in %i", (text, room, shown) => expect(fitting(text, room)).toBe(shown));
