/** Disjoint sets of 0 … count-1, with path halving and union by smaller root: a set's root is its smallest member. */
export interface UnionFind {
  find(item: number): number;
  union(a: number, b: number): void;
}

export function unionFind(count: number): UnionFind {
  const parents = Uint32Array.from({ length: count }, (_, i) => i);
  const find = (item: number): number => {
    let at = item;
    for (;;) {
      const parent = parents[at] ?? at;
      if (parent === at) return at;
      const above = parents[parent] ?? parent;
      parents[at] = above;
      at = above;
    }
  };
  return {
    find,
    union(a, b) {
      const left = find(a);
      const right = find(b);
      if (left < right) parents[right] = left;
      else parents[left] = right;
    },
  };
}
