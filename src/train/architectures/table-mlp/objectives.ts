import { Refusal, must } from "../../../kernel/errors.ts";
import type { Objective, Outputs, Tensor } from "../../../tensor/index.ts";

/** What a table network puts out in training: [members, batch, outputs]. */
const membersOf = (outputs: Outputs): Tensor => must(outputs["members"], "a table network has members");

/**
 * Softmax cross-entropy of each member by itself, so that the members stay different. What they say together, the mean of
 * their probabilities, is reported as `togetherLoss` and `accuracy`.
 */
export function memberClassification(classes: number, labelSmoothing: number): Objective {
  return {
    name: `memberClassification(${classes}, smoothing ${labelSmoothing})`,
    measure(outputs, scope) {
      const labels = scope.input("labels", ["batch"], { type: "int32" });
      const target = labels.oneHot(classes); // [batch, classes]
      const smoothing = scope.mode === "train" ? labelSmoothing : 0;
      const smooth = target.mul(1 - smoothing).add(smoothing / classes);
      const together = must(outputs["logits"], "a table network has logits");
      const right = together.argMax().cast("int32").equal(labels).cast("float32");
      return {
        loss: membersOf(outputs).logSoftmax().mul(smooth).sum([2]).mean().neg(),
        weight: target.sum(),
        metrics: { accuracy: right.mean(), togetherLoss: together.mul(target).sum([1]).mean().neg() },
      };
    },
    check({ values }) {
      const wrong = values?.["labels"]?.find((label) => label < 0 || label >= classes);
      if (wrong !== undefined)
        throw new Refusal("invalid_data", `The label ${wrong} is outside the ${classes} classes.`);
    },
  };
}

/** Mean squared error of each member by itself, of standardized targets float32 [batch, 1]; that of their mean beside it. */
export function memberRegression(): Objective {
  return {
    name: "memberRegression",
    measure(outputs, scope) {
      const target = scope.input("targets", ["batch", 1]);
      const together = must(outputs["together"], "a table network has a mean");
      return {
        loss: membersOf(outputs).sub(target).square().mean(),
        weight: target.mul(0).add(1).sum(),
        metrics: { togetherLoss: together.sub(target).square().mean() },
      };
    },
    check({ values }) {
      const wrong = values?.["targets"]?.find((target) => !Number.isFinite(target));
      if (wrong !== undefined) throw new Refusal("invalid_data", `A target is ${wrong}, which is no number to learn.`);
    },
  };
}
