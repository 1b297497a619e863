import { z } from "zod";
import { Refusal } from "../../kernel/errors.ts";
import { limits } from "../../kernel/limits.ts";
import { type Nanos, formatAmount, parseAmount } from "../../kernel/money.ts";
import { type Component, chargeOf } from "../component.ts";
import { freeUnitsOf } from "../price.ts";
import { type MeteredUnit, type Quantities, meteredUnits } from "../units.ts";

/** What of a period a threshold looks at, and how far it may go. */
export type Level =
  | { readonly kind: "units"; readonly unit: MeteredUnit; readonly units: number }
  /** A share of the units that are free in the period. */
  | { readonly kind: "allowance"; readonly unit: MeteredUnit; readonly partsPerMillion: number }
  /** Usage charges, in the customer's currency. */
  | { readonly kind: "spend"; readonly amountNanos: Nanos }
  /** A share of the plan's spend cap. */
  | { readonly kind: "cap"; readonly partsPerMillion: number };

export const percent = z
  .string()
  .regex(/^\d{1,4}(\.\d{1,4})?$/)
  .describe('A share like "80".');
const unit = z.enum(meteredUnits);

/** How people write it. */
export const levelForm = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("units"), unit, units: z.number().int().min(1).max(limits.quotaUnitsMax) }),
  z.strictObject({ kind: z.literal("allowance"), unit, percent }),
  z.strictObject({ kind: z.literal("spend"), amount: z.string().regex(/^\d{1,12}(\.\d{1,9})?$/) }),
  z.strictObject({ kind: z.literal("cap"), percent }),
]);

export type LevelForm = z.output<typeof levelForm>;
type FormOf<K extends Level["kind"]> = Extract<LevelForm, { kind: K }>;
type LevelOf<K extends Level["kind"]> = Extract<Level, { kind: K }>;

/** What of a period's row a level is measured by. */
export interface Measured {
  readonly components: readonly Component[];
  readonly spendCapNanos: Nanos | null;
  readonly used: Quantities;
}

interface Rule<K extends Level["kind"]> {
  readonly from: (form: FormOf<K>) => LevelOf<K>;
  readonly form: (level: LevelOf<K>) => FormOf<K>;
  /** The level in units or nanos; undefined where the period has no such thing. */
  readonly limit: (level: LevelOf<K>, of: Measured) => bigint | undefined;
  readonly reached: (level: LevelOf<K>, of: Measured) => bigint;
}

const rules: { readonly [K in Level["kind"]]: Rule<K> } = {
  units: {
    from: (form) => form,
    form: (level) => level,
    limit: ({ units }) => BigInt(units),
    reached: ({ unit: of }, { used }) => BigInt(used[of] ?? 0),
  },
  allowance: {
    from: ({ kind, unit: of, percent: share }) => ({ kind, unit: of, partsPerMillion: millionths(share) }),
    form: ({ kind, unit: of, partsPerMillion }) => ({ kind, unit: of, percent: percentOf(partsPerMillion) }),
    limit: ({ unit: of, partsPerMillion }, { components }) => {
      const price = components.find((component) => component.unit === of)?.price;
      const free = price ? freeUnitsOf(price) : 0;
      return free === 0 ? undefined : shareOf(BigInt(free), partsPerMillion);
    },
    reached: ({ unit: of }, { used }) => BigInt(used[of] ?? 0),
  },
  spend: {
    from: ({ kind, amount }) => ({ kind, amountNanos: parseAmount(amount, "amount") }),
    form: ({ kind, amountNanos }) => ({ kind, amount: formatAmount(amountNanos) }),
    limit: ({ amountNanos }) => amountNanos,
    reached: (_, { components, used }) => chargeOf(components, used),
  },
  cap: {
    from: ({ kind, percent: share }) => ({ kind, partsPerMillion: millionths(share) }),
    form: ({ kind, partsPerMillion }) => ({ kind, percent: percentOf(partsPerMillion) }),
    limit: ({ partsPerMillion }, { spendCapNanos }) =>
      spendCapNanos === null ? undefined : shareOf(spendCapNanos, partsPerMillion),
    reached: (_, { components, used }) => chargeOf(components, used),
  },
};

const ruleOf = (kind: Level["kind"]): Rule<Level["kind"]> => rules[kind] as Rule<Level["kind"]>;

export const percentOf = (partsPerMillion: number): string => String(partsPerMillion / 10_000);

const millionths = (share: string): number => Number(parseAmount(share, "percent") / 100_000n);

/** Rounded up: 50 % of three units is reached by two. */
export const shareOf = (whole: bigint, partsPerMillion: number): bigint =>
  (whole * BigInt(partsPerMillion) + 999_999n) / 1_000_000n;

/** Refuses a level of nothing. */
export function levelFrom(form: LevelForm): Level {
  const level = ruleOf(form.kind).from(form);
  const [isNothing, field] =
    level.kind === "units"
      ? [level.units < 1, "units"]
      : level.kind === "spend"
        ? [level.amountNanos < 1n, "amount"]
        : [level.partsPerMillion < 1, "percent"];
  if (isNothing) throw aboveZero(`level.${field}`);
  return level;
}

const aboveZero = (param: string): Refusal => new Refusal("invalid_request", "A threshold is above zero.", { param });

/** Shares in parts per million, each once. */
export function sharesFrom(percents: readonly string[]): number[] {
  const shares = [...new Set(percents.map(millionths))];
  if (shares.includes(0)) throw aboveZero("percents");
  return shares;
}

/** The form again; what is read can be written back. */
export const levelFormOf = (level: Level): LevelForm => ruleOf(level.kind).form(level);

/** How far a period is; undefined where it has nothing that the level is a share of. */
export function measure(level: Level, of: Measured): { readonly limit: bigint; readonly reached: bigint } | undefined {
  const { limit, reached } = ruleOf(level.kind);
  const at = limit(level, of);
  return at === undefined ? undefined : { limit: at, reached: reached(level, of) };
}
