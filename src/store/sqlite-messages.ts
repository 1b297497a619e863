import type { Packed } from "./failures.ts";
import type { Durability } from "./steps.ts";

/** What the main thread asks of the writer thread. `id` comes back with the answer. */
export type Request =
  | {
      readonly id: number;
      readonly kind: "unit";
      readonly module: string;
      readonly name: string;
      readonly input: unknown;
      readonly durability: Durability;
    }
  | { readonly id: number; readonly kind: "statement"; readonly sql: string; readonly params: readonly unknown[] }
  | { readonly id: number; readonly kind: "begin" }
  | {
      readonly id: number;
      readonly kind: "within";
      readonly sql: string;
      readonly params: readonly unknown[];
    }
  | { readonly id: number; readonly kind: "commit" }
  | { readonly id: number; readonly kind: "rollback" }
  | { readonly id: number; readonly kind: "close" };

/** What it asks of the thread for long reads. */
export type Reading =
  | { readonly id: number; readonly kind: "read"; readonly sql: string; readonly params: readonly unknown[] }
  | { readonly id: number; readonly kind: "close" };

export type Answer =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly error: Packed };
