import type { Pivot } from "../../api/schema.gen.ts";

/** A row of the pivot: a model version, a customer, a partner, a step of time, as far as it was asked to tell them apart. */
export type Item = Pivot["rows"][number];
