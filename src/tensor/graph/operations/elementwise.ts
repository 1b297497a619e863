import { invariant } from "../../../kernel/errors.ts";
import { dataTypes } from "../../onnx/schema.ts";
import type { ElementType } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import type { Binary, Family, Unary } from "./operation.ts";
import { broadcastShape, plain, sumTo, unaryShape } from "./rule-parts.ts";

/** Arithmetic with broadcasting, and functions of one number. */
export interface ElementwiseOperations {
  readonly add: Binary;
  readonly sub: Binary;
  readonly mul: Binary;
  readonly div: Binary;
  readonly pow: Binary;
  readonly neg: Unary;
  readonly exp: Unary;
  readonly log: Unary;
  readonly sqrt: Unary;
  readonly erf: Unary;
  readonly tanh: Unary;
  readonly sigmoid: Unary;
  readonly relu: Unary;
  readonly gelu: Unary;
  /** 1 where x > 0, else 0. */
  readonly positive: Unary;
  readonly abs: Unary;
  readonly sign: Unary;
  /** x where x > 0, else slope · x. */
  readonly leakyRelu: Unary<{ readonly slope: number }>;
  /** ln(1 + e^x). */
  readonly softplus: Unary;
  /** The larger of two; where they are equal, the gradient is the first one's. */
  readonly maximum: Binary;
  readonly minimum: Binary;
  readonly clip: Unary<{ readonly min: number; readonly max: number }>;
  readonly cast: Unary<{ readonly to: ElementType }>;
}

const twoOverRootPi = 2 / Math.sqrt(Math.PI);
const rootHalf = Math.SQRT1_2;
const densityAtZero = 1 / Math.sqrt(2 * Math.PI);

/** The gradients of x and y, where a bool mask says that x was taken. */
function chosen(x: Tensor, y: Tensor, g: Tensor, first: Tensor): readonly [Tensor, Tensor] {
  const dx = g.mul(first.cast("float32"));
  return [sumTo(dx, x.shape), sumTo(g.sub(dx), y.shape)];
}

export const elementwise: Family<ElementwiseOperations> = {
  add: {
    shape: broadcastShape,
    emit: plain("Add"),
    gradient: ({ inputs: [x, y] }, g) => [sumTo(g, x.shape), sumTo(g, y.shape)],
  },
  sub: {
    shape: broadcastShape,
    emit: plain("Sub"),
    gradient: ({ inputs: [x, y] }, g) => [sumTo(g, x.shape), sumTo(g.neg(), y.shape)],
  },
  mul: {
    shape: broadcastShape,
    emit: plain("Mul"),
    gradient: ({ inputs: [x, y] }, g) => [sumTo(g.mul(y), x.shape), sumTo(g.mul(x), y.shape)], // d(xy) = y dx + x dy
  },
  div: {
    shape: broadcastShape,
    emit: plain("Div"),
    gradient: (q, g) => {
      const [x, y] = q.inputs;
      const dx = g.div(y);
      return [sumTo(dx, x.shape), sumTo(dx.mul(q).neg(), y.shape)]; // d(x/y) = dx/y - (x/y) dy/y
    },
  },
  pow: {
    shape: broadcastShape,
    emit: plain("Pow"),
    gradient: (p, g) => {
      const [x, y] = p.inputs; // d(x^y) = y x^(y-1) dx + x^y ln x dy
      return [sumTo(g.mul(y).mul(x.pow(y.sub(1))), x.shape), sumTo(g.mul(p).mul(x.log()), y.shape)];
    },
  },
  neg: { shape: unaryShape, emit: plain("Neg"), gradient: (_, g) => [g.neg()] },
  exp: { shape: unaryShape, emit: plain("Exp"), gradient: (y, g) => [g.mul(y)] },
  log: { shape: unaryShape, emit: plain("Log"), gradient: ({ inputs: [x] }, g) => [g.div(x)] },
  sqrt: { shape: unaryShape, emit: plain("Sqrt"), gradient: (y, g) => [g.div(y).mul(0.5)] },
  erf: {
    shape: unaryShape,
    emit: plain("Erf"),
    gradient: ({ inputs: [x] }, g) => [g.mul(x.square().neg().exp()).mul(twoOverRootPi)], // 2/√π e^(-x²)
  },
  tanh: {
    shape: unaryShape,
    emit: plain("Tanh"),
    gradient: (y, g) => [g.mul(y.square().neg().add(1))], // 1 - tanh²
  },
  sigmoid: {
    shape: unaryShape,
    emit: plain("Sigmoid"),
    gradient: (y, g) => [g.mul(y).mul(y.neg().add(1))], // s (1 - s)
  },
  relu: {
    shape: unaryShape,
    emit: plain("Relu"),
    gradient: (y, g) => [g.mul(y.positive())], // 0/1 mask from the output
  },
  gelu: {
    shape: unaryShape,
    emit: plain("Gelu"),
    gradient: ({ inputs: [x] }, g) => {
      const below = x.mul(rootHalf).erf().add(1).mul(0.5); //           Φ(x)
      const density = x.square().mul(-0.5).exp().mul(densityAtZero); // φ(x)
      return [g.mul(below.add(x.mul(density)))]; //                     Φ(x) + x φ(x)
    },
  },
  positive: {
    shape: unaryShape,
    emit: (_, [x], emit) => emit.node("HardSigmoid", [x], { alpha: { float: 3e38 }, beta: { float: 0 } }),
    gradient: () => [null],
  },
  abs: { shape: unaryShape, emit: plain("Abs"), gradient: ({ inputs: [x] }, g) => [g.mul(x.sign())] },
  sign: { shape: unaryShape, emit: plain("Sign"), gradient: () => [null] },
  leakyRelu: {
    shape: unaryShape,
    emit: (y, [x], emit) => emit.node("LeakyRelu", [x], { alpha: { float: y.with.slope } }),
    gradient: ({ inputs: [x], with: { slope } }, g) => [
      g.mul(
        x
          .positive()
          .mul(1 - slope)
          .add(slope),
      ),
    ],
  },
  softplus: { shape: unaryShape, emit: plain("Softplus"), gradient: ({ inputs: [x] }, g) => [g.mul(x.sigmoid())] },
  maximum: {
    shape: broadcastShape,
    emit: plain("Max"),
    gradient: ({ inputs: [x, y] }, g) => chosen(x, y, g, x.greaterOrEqual(y)),
  },
  minimum: {
    shape: broadcastShape,
    emit: plain("Min"),
    gradient: ({ inputs: [x, y] }, g) => chosen(x, y, g, y.greaterOrEqual(x)),
  },
  clip: {
    shape: ([x], { min, max }) => {
      invariant(min <= max, `a clip's bounds are ordered, not ${min} and ${max}`);
      return unaryShape([x]);
    },
    emit: (y, [x], emit) => emit.node("Clip", [x, emit.scalar(y.with.min), emit.scalar(y.with.max)]),
    gradient: (y, g) => [g.mul(y.equal(y.inputs[0]).cast("float32"))], // 1 inside and at the bounds
  },
  cast: {
    shape: ([x], { to }) => ({ shape: x.shape, type: to }),
    emit: (y, [x], emit) => emit.node("Cast", [x], { to: dataTypes[y.with.to] }),
    gradient: ({ inputs: [x], with: { to } }, g) => [x.type === "float32" && to === "float32" ? g : null],
  },
};
