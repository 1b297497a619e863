import { invariant } from "../../../kernel/errors.ts";
import { broadcastShapes, type Dim, type Shape, shapeText } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import type { Emitter } from "../emitter.ts";
import type { Binary, Family } from "./operation.ts";
import { areFloats, floats, sumTo, swapLast } from "./rule-parts.ts";

export interface MatrixOperations {
  /** op(x) · op(y) over the last two axes; leading axes broadcast. */
  readonly matmul: Binary<{ readonly transposeX: boolean; readonly transposeY: boolean }>;
}

/** [.., rows, columns] of a matmul's side, after its transposition. */
function matrixOf(x: Tensor, transposed: boolean): { readonly lead: Shape; readonly rows: Dim; readonly columns: Dim } {
  invariant(x.rank >= 2, `a side of matmul has two axes or more, not ${shapeText(x.shape)}`);
  const [rows, columns] = transposed ? [x.dim(-1), x.dim(-2)] : [x.dim(-2), x.dim(-1)];
  return { lead: x.shape.slice(0, -2), rows, columns };
}

/** Whether a copy of a matrix costs little beside a product with it. */
const isWide = (x: Tensor): boolean => Number(x.dim(1)) >= 256;

/**
 * xᵀ y of tall matrices [rows, m] and [rows, n], as for the gradient of weights. The runtime's product is slowest where its
 * left side is read transposed (by a tenth, measured at 2,048 rows), so the narrower side is turned before: xᵀ · y, or
 * (yᵀ · x)ᵀ. The extra axis keeps the runtime from joining both again.
 */
function emitTransposed(narrowLeft: boolean, x: string, y: string, emit: Emitter): string {
  const [narrow, wide] = narrowLeft ? [x, y] : [y, x];
  const turn = (name: string): string => emit.node("Transpose", [name], { perm: [1, 0] });
  const turned = emit.node("Unsqueeze", [turn(narrow), emit.ints([0])]);
  const product = emit.node("Squeeze", [emit.node("MatMul", [turned, wide]), emit.ints([0])]);
  return narrowLeft ? product : turn(product);
}

export const matrix: Family<MatrixOperations> = {
  matmul: {
    shape: ([x, y], { transposeX, transposeY }) => {
      areFloats(x, y);
      const left = matrixOf(x, transposeX);
      const right = matrixOf(y, transposeY);
      invariant(left.columns === right.rows, `matmul fits: ${shapeText(x.shape)} and ${shapeText(y.shape)}`);
      return floats([...broadcastShapes(left.lead, right.lead), left.rows, right.columns]);
    },
    emit: ({ inputs: [left, right], with: { transposeX, transposeY } }, [x, y], emit) => {
      if (!transposeX && !transposeY) return emit.node("MatMul", [x, y]); // with a following Add, the runtime makes it a Gemm
      if (left.rank === 2 && right.rank === 2) {
        if (!emit.standardOnly && transposeX && !transposeY && isWide(left) && isWide(right)) {
          return emitTransposed(Number(left.dim(1)) <= Number(right.dim(1)), x, y, emit);
        }
        return emit.node("Gemm", [x, y], { transA: transposeX ? 1 : 0, transB: transposeY ? 1 : 0 });
      }
      const turned = (side: string, rank: number) => emit.node("Transpose", [side], { perm: swapLast(rank) });
      return emit.node("MatMul", [transposeX ? turned(x, left.rank) : x, transposeY ? turned(y, right.rank) : y]);
    },
    gradient: ({ inputs: [x, y], with: { transposeX, transposeY } }, g) => {
      if (!transposeX && x.rank > 2 && y.rank === 2) {
        // [..., m, k] · [k, n]: one product over all rows instead of one per leading index and a sum
        const [rows, g2] = [x.flattenRows(), g.flattenRows()];
        const dy = transposeY ? g2.matmul(rows, { transposeX: true }) : rows.matmul(g2, { transposeX: true });
        return [g.matmul(y, { transposeY: !transposeY }), dy];
      }
      const dx = transposeX
        ? y.matmul(g, { transposeX: transposeY, transposeY: true }) // x = aᵀ: da = op(y) gᵀ
        : g.matmul(y, { transposeY: !transposeY }); //                dx = g op(y)ᵀ
      const dy = transposeY
        ? g.matmul(x, { transposeX: true, transposeY: transposeX }) // y = bᵀ: db = gᵀ op(x)
        : x.matmul(g, { transposeX: !transposeX }); //                dy = op(x)ᵀ g
      return [sumTo(dx, x.shape), sumTo(dy, y.shape)];
    },
  },
};
