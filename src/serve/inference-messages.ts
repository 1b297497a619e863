import type {
  Answer,
  Computation,
  Ending,
  GenerateOptions,
  InvalidInput,
  VectorFacts,
  Written,
} from "../models/index.ts";

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
  | { readonly id: number; readonly kind: "generate"; readonly model: string; readonly options: GenerateOptions }
  /** Ends a generation after the token it is at; it is answered by that generation's reply. */
  | { readonly id: number; readonly kind: "stop"; readonly generation: number }
  | { readonly id: number; readonly kind: "unload"; readonly model: string }
  | { readonly id: number; readonly kind: "close" };

/** What is said last about an ask, and, of a generation, each token before that. */
export type Reply =
  | { readonly id: number; readonly ok: true; readonly done: Done; readonly computeMs: number }
  | { readonly id: number; readonly ok: true; readonly written: Written }
  | { readonly id: number; readonly ok: false; readonly message: string };

export type Done =
  | { readonly kind: "answers"; readonly answers: readonly (Answer | InvalidInput)[] }
  | { readonly kind: "ending"; readonly ending: Ending }
  | { readonly kind: "loaded"; readonly vectors: VectorFacts | null }
  | { readonly kind: "nothing" };
