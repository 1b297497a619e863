import { dayMs } from "../../kernel/clock.ts";
import fc from "fast-check";

/** One thing that somebody does; numbers pick among what there is. */
export type Operation =
  | { kind: "pay"; who: number; nanos: bigint; reference: number }
  | { kind: "admit"; who: number; units: number; tokens: number; request: number }
  | { kind: "settle"; who: number; hold: number; units: number; tokens: number; model: string }
  | { kind: "settle again"; who: number; event: number; hold: number }
  | { kind: "settle late"; who: number; units: number; backMs: number }
  | { kind: "release"; who: number; hold: number }
  | { kind: "wait"; ms: number }
  | { kind: "close"; inMs: number }
  | { kind: "credit"; who: number; invoice: number }
  | { kind: "attribute"; who: number };

const who = fc.nat({ max: 1 });
const pick = fc.nat({ max: 30 });
export const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("pay"),
      who,
      nanos: fc.constantFrom(9_000_001n, 40_000_000n),
      reference: fc.nat({ max: 2 }),
    }),
  },
  {
    weight: 7,
    arbitrary: fc.record({
      kind: fc.constant("admit"),
      who,
      units: fc.integer({ min: 1, max: 9 }),
      tokens: fc.nat({ max: 12 }),
      request: fc.nat({ max: 60 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("settle"),
      who,
      hold: pick,
      units: fc.integer({ min: -2, max: 2 }),
      tokens: fc.integer({ min: -6, max: 3 }),
      model: fc.constantFrom("mdl_a", "mdl_b"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("settle again"), who, event: pick, hold: pick }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("settle late"),
      who,
      units: fc.integer({ min: 1, max: 5 }),
      backMs: fc.nat({ max: 40 * dayMs }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("release"), who, hold: pick }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("wait"), ms: fc.constantFrom(1, 500, 70_000, 3 * dayMs, 31 * dayMs) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("close"), inMs: fc.constantFrom(0, 0, 32 * dayMs) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("credit"), who, invoice: fc.nat({ max: 5 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("attribute"), who }) },
);
