import { type TextFeatures, type TextPreprocessing, textFeatures } from "../../../models/index.ts";
import type { TrainingInput } from "../architecture.ts";
import { type Prepared, prepare } from "../fit-classifier.ts";
import { relevanceOf, weighByRelevance } from "./relevance.ts";

export interface Bags {
  /** With the relevance of the training split, where it is asked for. */
  readonly preprocessing: TextPreprocessing;
  readonly train: Prepared<TextFeatures>;
  readonly validation: Prepared<TextFeatures>;
}

/** Reads both splits as bags of hashed n-grams. */
export function readBags(
  { labels, ...splits }: Pick<TrainingInput<unknown>, "train" | "validation" | "labels">,
  preprocessing: TextPreprocessing,
  relevance: boolean,
): Bags {
  const read = textFeatures(preprocessing);
  const train = prepare(splits.train, labels, read);
  const validation = prepare(splits.validation, labels, read);
  if (!relevance) return { preprocessing, train, validation };
  const bytes = relevanceOf(train.features, train.labels, labels.length, preprocessing.buckets);
  const weigh = (bags: Prepared<TextFeatures>): Prepared<TextFeatures> => ({
    labels: bags.labels,
    features: bags.features.map((bag) => weighByRelevance(bag, bytes)),
  });
  return {
    preprocessing: { ...preprocessing, relevance: Buffer.from(bytes).toString("base64") },
    train: weigh(train),
    validation: weigh(validation),
  };
}
