import type { Answer, Computation, InvalidInput } from "../models/index.ts";

/** What the main thread asks of the inference thread; `id` comes back with the reply. */
export type Ask =
  | {
      readonly id: number;
      readonly kind: "load";
      readonly model: string;
      readonly bundle: Computation;
      readonly threads: number;
    }
  | { readonly id: number; readonly kind: "predict"; readonly model: string; readonly texts: readonly string[] }
  | { readonly id: number; readonly kind: "unload"; readonly model: string }
  | { readonly id: number; readonly kind: "close" };

export type Reply =
  | {
      readonly id: number;
      readonly ok: true;
      readonly answers: readonly (Answer | InvalidInput)[];
      readonly computeMs: number;
    }
  | { readonly id: number; readonly ok: false; readonly message: string };
