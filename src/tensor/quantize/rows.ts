/** ONNX's number of uint8. */
export const uint8 = 2;
/** Weights are unsigned around this: products of two unsigned sides do not saturate on processors without VNNI. */
export const middle = 128;

/** Numbers of one scale for each group: x ≈ (code - 128) · scale. */
export interface Codes {
  readonly codes: Uint8Array;
  readonly scales: Float32Array;
}

/** [rows, columns] with a scale for each column, or for each row; the largest number of a group becomes ±127. */
export function encode(data: Float32Array, rows: number, columns: number, by: "row" | "column"): Codes {
  const scales = new Float32Array(by === "row" ? rows : columns);
  const group = (i: number): number => (by === "row" ? Math.floor(i / columns) : i % columns);
  for (const [i, x] of data.entries()) {
    const g = group(i);
    scales[g] = Math.max(scales[g] ?? 0, Math.abs(x) / 127);
  }
  const codes = Uint8Array.from(data, (x, i) => Math.round(x / (scales[group(i)] || 1)) + middle);
  return { codes, scales };
}

/** [rows, columns] → [columns, rows]. */
export function turned(data: Float32Array, rows: number, columns: number): Float32Array {
  return Float32Array.from({ length: data.length }, (_, i) => data[(i % rows) * columns + Math.floor(i / rows)] ?? 0);
}
