import { must } from "../../../kernel/errors.ts";
import { type Features, type OpenEncoder, encode, encoderWeights } from "../../../models/index.ts";
import {
  type ApplyOptions,
  type Batch,
  type Model,
  type Scope,
  type Tensor,
  type Weights,
  adamW,
  classification,
  defineModel,
  dense,
  dropout,
  fit,
  shuffledBatches,
  warmUpCosine,
  zeros,
} from "../../../tensor/index.ts";
import type { Architecture, Trained, TrainingInput } from "../architecture.ts";
import { encoderOf, encoderValues } from "../encoders/encoder-model.ts";
import { type Vectors, vectorsOf } from "../encoders/vectors.ts";
import { type FittedClassifier, type Prepared, fitClassifier, prepare } from "../fit-classifier.ts";
import { type Reading, ngramBag, withNgrams, withoutNgrams } from "./reading.ts";
import type { TextEncoderRecipe } from "./recipe.ts";
import { settleHead, settleNgrams, settleTuning } from "./settle.ts";

/** A pretrained encoder, as it is or fine-tuned, a bag of n-grams beside it, and softmax. */
export const textEncoder: Architecture<TextEncoderRecipe> = { train };

type Input = TrainingInput<TextEncoderRecipe>;

/** An encoder, how texts are read for it, and the texts. */
interface Reader<F extends Features> {
  readonly encoder: OpenEncoder;
  readonly reading: Reading<F>;
  readonly train: Prepared<F>;
  readonly validation: Prepared<F>;
}

function reader<F extends Features>(input: Input, encoder: OpenEncoder, reading: Reading<F>): Reader<F> {
  const read = (part: Input["train"]): Prepared<F> => prepare(part, input.labels, reading.read);
  return { encoder, reading, train: read(input.train), validation: read(input.validation) };
}

async function train(input: Input): Promise<Trained> {
  const { recipe } = input;
  const encoder = encoderOf(input);
  const isFrozen = recipe.train === "nothing";
  const fitBy = <F extends Features>(reading: Reading<F>): Promise<Fitted> =>
    (isFrozen ? trainHead : fineTune)(input, reader(input, encoder, reading));
  const { ngrams } = recipe;
  const fitted = await (ngrams ? fitBy(withNgrams(encoder, ngrams)) : fitBy(withoutNgrams(encoder)));
  const { name, source, license, language, lengthMax } = encoder.facts;
  return {
    ...fitted,
    description: `The pretrained encoder ${name} (${source}, ${license})${isFrozen ? " as it is" : ", fine-tuned"}${ngrams ? ", n-grams beside it" : ""}, then softmax.`,
    limits: [
      `The encoder was trained on text of the language "${language}" by others; what it learned there it brings along.`,
      `It reads the first ${lengthMax} pieces of a text.`,
    ],
  };
}

type Fitted = FittedClassifier & Pick<Trained, "settings">;

/** The encoder's vectors are computed once; only what stands over and beside them is trained. */
async function trainHead<F extends Features>(input: Input, from: Reader<F>): Promise<Fitted> {
  const { recipe, labels, threads } = input;
  const { encoder, reading, train, validation } = from;
  const settings = settleHead(recipe, train.labels.length);
  const vectors = await vectorsOf(encoder, [...train.features, ...validation.features].map(reading.tokens), threads);
  const fitted = await fitClassifier(input, {
    train,
    validation,
    preprocessing: reading.preprocessing,
    model: (temperature) => frozenModel(recipe, encoder, labels.length, temperature),
    feed: (texts) => ({ values: vectorValues(from, vectors, texts), ...bagsOf(reading, texts) }),
    settings,
    beside: ["vectors"],
    given: encoderWeights(encoder),
  });
  const { encoder: name, train: trained } = recipe;
  return { ...fitted, settings: { encoder: name, train: trained, head: settings, ngrams: settleNgrams(recipe) } };
}

/**
 * Trains the softmax first, so that its random start does not damage the encoder; then both, and the n-grams. These must
 * not come first: with them the head knows nearly all examples by heart, and what is left teaches the encoder noise (77
 * intents: 0.883 on the test split in place of 0.922).
 */
async function fineTune<F extends Features>(input: Input, from: Reader<F>): Promise<Fitted> {
  const { recipe, labels } = input;
  const { encoder, reading, train, validation } = from;
  const settings = settleTuning(recipe, train.labels.length);
  const head = await headWeights(input, from);
  const fitted = await fitClassifier(input, {
    train,
    validation,
    preprocessing: reading.preprocessing,
    model: (temperature) => tunedModel(recipe, encoder, labels.length, temperature),
    feed: (texts) => ({ values: encoderValues(encoder, texts.map(reading.tokens)), ...bagsOf(reading, texts) }),
    length: (text) => reading.tokens(text).length,
    settings,
    beside: ["vectors"],
    from: head,
  });
  const { encoder: name, train: trained, layers, adapters } = recipe;
  const of = trained === "last" ? { layers } : trained === "adapters" ? { adapters } : {};
  return {
    ...fitted,
    settings: {
      encoder: name,
      train: trained,
      ...of,
      head: recipe.head,
      ngrams: settleNgrams(recipe),
      training: settings,
    },
  };
}

/** Of the softmax alone. Kept by no checkpoint: a run that continues trains it again, to the same weights. */
async function headWeights<F extends Features>(input: Input, from: Reader<F>): Promise<Weights> {
  const { recipe, labels, seed, threads, clock } = input;
  const { encoder, reading, train } = from;
  const { epochs, batch, rate, smoothing } = settleHead(recipe, train.labels.length);
  const vectors = await vectorsOf(encoder, train.features.map(reading.tokens), threads);
  const steps = Math.ceil(train.labels.length / batch) * epochs;
  const { weights } = await fit({
    model: frozenModel({ ...recipe, ngrams: null }, encoder, labels.length, 1),
    objective: classification({ classes: labels.length, labelSmoothing: smoothing }),
    optimizer: adamW({ weightDecay: 0 }),
    schedule: warmUpCosine({ rate, warmUpSteps: Math.min(20, steps), steps }),
    *train(epoch) {
      for (const indices of shuffledBatches(train.labels.length, batch, `${seed}/head`, epoch)) {
        const texts = Array.from(indices, (i) => must(train.features[i], "an index is of a text"));
        const values = { ...vectorValues(from, vectors, texts), labels: indices.map((i) => train.labels[i] as number) };
        yield { size: texts.length, values };
      }
    },
    epochs,
    seed,
    threads,
    clock,
  });
  return weights;
}

/** vectors [batch, width] */
function vectorValues<F extends Features>(
  { encoder, reading }: Reader<F>,
  vectors: Vectors,
  texts: readonly F[],
): NonNullable<Batch["values"]> {
  const { width } = encoder.facts;
  const rows = new Float32Array(texts.length * width);
  for (const [i, text] of texts.entries()) {
    rows.set(must(vectors.get(reading.tokens(text)), "a vector for each text"), i * width);
  }
  return { vectors: rows };
}

function bagsOf<F extends Features>({ bags }: Reading<F>, texts: readonly F[]): Pick<Batch, "bags"> {
  return bags ? { bags: bags(texts) } : {};
}

/** While it trains its input is the encoder's vectors; in an export the whole way from the text's pieces. */
function frozenModel(recipe: TextEncoderRecipe, encoder: OpenEncoder, classes: number, temperature: number): Model {
  const { width } = encoder.facts;
  return defineModel("text-encoder", (scope) => {
    const isExport = scope.mode === "export";
    const x = isExport ? encode(scope, encoder, { train: "none" }) : scope.input("vectors", ["batch", width]);
    return answer(scope, x, encoder, recipe, { units: classes, temperature });
  });
}

function tunedModel(recipe: TextEncoderRecipe, encoder: OpenEncoder, classes: number, temperature: number): Model {
  return defineModel("text-encoder", (scope) =>
    answer(scope, encode(scope, encoder, trained(recipe)), encoder, recipe, { units: classes, temperature }),
  );
}

function trained({ train, layers, adapters }: TextEncoderRecipe): ApplyOptions {
  if (train === "last") return { train: { last: layers } };
  return train === "adapters" ? { lora: adapters } : { train: "all" };
}

/**
 * Vectors have norm 1, so their numbers are small: the softmax learns faster over larger ones. It begins with zeros: what
 * few examples do not say stays unsaid (ten examples of 77 intents: 0.714 → 0.732).
 */
const vectorScale = 20;

function answer(
  scope: Scope,
  x: Tensor,
  { facts }: OpenEncoder,
  recipe: TextEncoderRecipe,
  { units, temperature }: { readonly units: number; readonly temperature: number },
) {
  const { head } = recipe;
  const ngrams = settleNgrams(recipe);
  const scaled = dropout(scope, "vectors.dropout", x.mul(vectorScale), head.dropout);
  const byMeaning = dense(scope, "classes", scaled, { units, initial: zeros });
  const logits = ngrams ? byMeaning.add(ngramBag(scope, ngrams, units)) : byMeaning;
  const told = { logits, probabilities: logits.mul(1 / temperature).softmax() };
  return scope.mode === "export" ? { ...told, vectors: x.reshape(["batch", facts.width]) } : told;
}
