import { Refusal } from "../../../kernel/errors.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { checkSampleWeights, type Objective, outputOf, sampleWeights, weightedMean } from "../objective.ts";

export interface ContrastiveOptions {
  /** How far apart unlike pairs have to be. Default 1. */
  readonly margin?: number;
  /** Outputs [batch, width] of the two sides of a pair. */
  readonly left: string;
  readonly right: string;
}

/**
 * Pairs that are alike come near, others get away up to a margin: d² / 2 or max(0, margin - d)² / 2 of their distance d
 * (Hadsell, Chopra and LeCun 2006). Inputs `alike` float32 [batch], 1 or 0, and `sampleWeights` float32 [batch].
 */
export function contrastive({ margin = 1, left, right }: ContrastiveOptions): Objective {
  return {
    name: `contrastive(${margin})`,
    measure(outputs, scope) {
      const distance = distanceOf(outputOf(outputs, left), outputOf(outputs, right));
      const alike = scope.input("alike", ["batch"]);
      const weights = sampleWeights(scope);
      const near = distance.square().mul(alike);
      const far = distance.neg().add(margin).relu().square().mul(alike.neg().add(1));
      const told = distance
        .less(margin / 2)
        .equal(alike.greater(0.5))
        .cast("float32");
      return {
        loss: weightedMean(near.add(far).mul(0.5), weights),
        weight: weights.sum(),
        metrics: { accuracy: weightedMean(told, weights) },
      };
    },
    check(batch) {
      const wrong = batch.values?.["alike"]?.find((x) => x !== 0 && x !== 1);
      if (wrong !== undefined) throw new Refusal("invalid_data", `A pair is alike (1) or not (0), not ${wrong}.`);
      checkSampleWeights(batch);
    },
  };
}

export interface TripletOptions {
  /** Default 1. */
  readonly margin?: number;
  /** Outputs [batch, width] of an example, one that is like it and one that is not. */
  readonly anchor: string;
  readonly like: string;
  readonly unlike: string;
}

/**
 * max(0, d(anchor, like) - d(anchor, unlike) + margin): what is alike is nearer than what is not (Weinberger and Saul
 * 2009; Schroff et al. 2015, arXiv:1503.03832). Input `sampleWeights` float32 [batch], 1 where absent.
 */
export function triplet({ margin = 1, anchor, like, unlike }: TripletOptions): Objective {
  return {
    name: `triplet(${margin})`,
    measure(outputs, scope) {
      const from = outputOf(outputs, anchor);
      const weights = sampleWeights(scope);
      const further = distanceOf(from, outputOf(outputs, like)).sub(distanceOf(from, outputOf(outputs, unlike)));
      return {
        loss: weightedMean(further.add(margin).relu(), weights),
        weight: weights.sum(),
        metrics: { accuracy: weightedMean(further.less(0).cast("float32"), weights) },
      };
    },
    check: checkSampleWeights,
  };
}

/** Euclidean, of rows [batch, width]; a little more than zero where they are equal, so that its slope is finite. */
const distanceOf = (x: Tensor, y: Tensor): Tensor => x.sub(y).square().sum([1]).add(1e-12).sqrt();
