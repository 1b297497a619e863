import type { ClassAnswer } from "../answer.ts";

/** The answers of a classifier to inputs it could read. */
export function classAnswers(answers: readonly object[]): ClassAnswer[] {
  return answers.map((answer) => {
    if ("label" in answer && "probabilities" in answer) return answer as ClassAnswer;
    throw new Error(`no label in ${JSON.stringify(answer)}`);
  });
}
