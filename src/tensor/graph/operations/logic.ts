import { invariant } from "../../../kernel/errors.ts";
import { broadcastShapes } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import type { Binary, Family, Operation, Ruled, Unary } from "./operation.ts";
import { plain, sumTo, zero } from "./rule-parts.ts";

/** Questions, whose answers are bool, and the choice by an answer. */
export interface LogicOperations {
  readonly equal: Binary;
  readonly less: Binary;
  readonly lessOrEqual: Binary;
  readonly greater: Binary;
  readonly greaterOrEqual: Binary;
  readonly and: Binary;
  readonly or: Binary;
  readonly not: Unary;
  /** x where the bool condition holds, else y; all three broadcast. */
  readonly where: Operation<readonly [Tensor, Tensor, Tensor]>;
}

const bools = (...inputs: readonly Tensor[]): void => {
  for (const x of inputs) invariant(x.type === "bool", `a condition is bool, not ${x.type}`);
};

const comparison = (opType: string) => ({
  shape: ([x, y]: readonly [Tensor, Tensor]): Ruled => {
    invariant(x.type === y.type, `both sides of ${opType} have one type, not ${x.type} and ${y.type}`);
    return { shape: broadcastShapes(x.shape, y.shape), type: "bool" };
  },
  emit: plain(opType),
  gradient: () => [null, null] as const,
});

const both = (opType: string) => ({
  shape: ([x, y]: readonly [Tensor, Tensor]): Ruled => {
    bools(x, y);
    return { shape: broadcastShapes(x.shape, y.shape), type: "bool" };
  },
  emit: plain(opType),
  gradient: () => [null, null] as const,
});

export const logic: Family<LogicOperations> = {
  equal: comparison("Equal"),
  less: comparison("Less"),
  lessOrEqual: comparison("LessOrEqual"),
  greater: comparison("Greater"),
  greaterOrEqual: comparison("GreaterOrEqual"),
  and: both("And"),
  or: both("Or"),
  not: {
    shape: ([x]) => {
      bools(x);
      return { shape: x.shape, type: "bool" };
    },
    emit: plain("Not"),
    gradient: () => [null],
  },
  where: {
    shape: ([condition, x, y]) => {
      bools(condition);
      invariant(x.type === y.type, "both sides of where have one type");
      return { shape: broadcastShapes(condition.shape, broadcastShapes(x.shape, y.shape)), type: x.type };
    },
    emit: plain("Where"),
    gradient: ({ inputs: [condition, x, y] }, g, make) => {
      const none = zero(make);
      const [dx, dy] = [make("where", [condition, g, none], {}), make("where", [condition, none, g], {})];
      return [null, sumTo(dx, x.shape), sumTo(dy, y.shape)];
    },
  },
};
