import type { Pivot } from "../../api/schema.gen.ts";

/** A row of the pivot: one model version, one customer, one step of time. */
export type Item = Pivot["rows"][number];
