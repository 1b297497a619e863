/** Where an example came from, so that it can be explained, and found again when somebody asks for it to be forgotten. */
export type Provenance =
  | { readonly kind: "file"; readonly file: string; readonly row?: number }
  | { readonly kind: "review"; readonly id: string }
  | { readonly kind: "feedback"; readonly id: string }
  | { readonly kind: "manual"; readonly note: string };

export const parseProvenance = (text: string): Provenance => JSON.parse(text) as Provenance;
