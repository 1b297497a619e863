import { arithmetic } from "./arithmetic.ts";
import { fused } from "./fused.ts";
import type { ForeignNode, Imported } from "./node.ts";
import { products } from "./products.ts";
import { shaping } from "./shaping.ts";

/** What a node's outputs stand for; later outputs that nobody gives are refused where they are read. */
export type Rule = (node: ForeignNode) => Imported | readonly Imported[];
export type Rules = { readonly [op: string]: Rule };

const table: Rules = { ...arithmetic, ...shaping, ...products, ...fused };

export const ruleOf = (op: string): Rule | undefined => (Object.hasOwn(table, op) ? table[op] : undefined);
