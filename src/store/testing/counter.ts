import { Refusal } from "../../kernel/errors.ts";
import { sql } from "../statement.ts";
import { type Steps, queryOne, unit } from "../steps.ts";

/** A unit for the store's own tests: adds to a named counter, and refuses after the write what is negative. */
export const bumpCounter = unit(
  import.meta.url,
  "bumpCounter",
  function* (input: { name: string; by: bigint }): Steps<bigint> {
    const row = yield* queryOne<{ n_nanos: bigint }>(
      sql`update counters set n_nanos = n_nanos + ${input.by} where name = ${input.name} returning n_nanos`,
    );
    if (input.by < 0n) throw new Refusal("invalid_request", "A counter only grows.", { param: "by" });
    return row?.n_nanos ?? 0n;
  },
);
