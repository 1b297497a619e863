import type { CardClassification, CardData, CardEvaluation, CardFigures, CardTraining, ModelCard } from "./card.ts";
import { type Estimate, type Figure, type Task, inputKindOf } from "./model.ts";

/** A model card in Markdown (Mitchell et al. 2019, "Model Cards for Model Reporting"). */
export function renderCard(card: ModelCard, id?: string): string {
  const fireDrill = card.training?.fireDrill ?? null;
  const warning = fireDrill === null ? [] : [`> **Fire drill: ${fireDrill}**`, ""];
  return [
    `# ${card.name}`,
    "",
    ...(id === undefined ? [] : [`Model \`${id}\`, ${card.task}.`, ""]),
    ...warning,
    card.description,
    "",
    ...(card.data ? dataSection(card.data) : []),
    ...(card.evaluation ? evaluationSection(card.evaluation, card.labels) : ["## Evaluation", "", "None.", ""]),
    ...list("Intended use", card.intendedUse),
    ...list("Limits", card.limits),
    ...(card.training ? trainingSection(card.training) : []),
    "## How to run it",
    "",
    "```sh",
    ...howToRun(card.task),
    "```",
    "",
  ].join("\n");
}

function howToRun(task: Task): string[] {
  const packages = inputKindOf(task) === "image" ? "onnxruntime-node jpeg-js" : "onnxruntime-node";
  return [`npm install ${packages}`, exportedCommand(task, "predict.mjs")];
}

/** How an exported model is asked on a command line. */
export function exportedCommand(task: Task, script: string): string {
  const input = sampleInput(task);
  return inputKindOf(task) === "image" ? `node ${script} ${input}` : `echo ${input} | node ${script}`;
}

/** What stands for an input on a command line: a model is asked about such things. */
export function sampleInput(task: Task): string {
  if (task === "word-vectors") return '"word"';
  return { text: '"some text"', row: `'{"a column": 1, "another": "a value"}'`, image: "picture.png" }[
    inputKindOf(task)
  ];
}

function dataSection(data: CardData): string[] {
  return [
    "## Data",
    "",
    `Dataset \`${data.dataset}\`, version ${data.number} (\`${data.version}\`, digest \`${data.digest.slice(0, 12)}\`).`,
    "Near-duplicates never straddle two splits.",
    "",
    ...table(
      ["label", "train", "validation", "test"],
      [
        ...data.classes.map(({ label, train, validation, test }) => [label, `${train}`, `${validation}`, `${test}`]),
        ["all", `${data.examples.train}`, `${data.examples.validation}`, `${data.examples.test}`],
      ],
    ),
  ];
}

function evaluationSection(evaluation: CardEvaluation, labels: readonly string[]): string[] {
  return "figures" in evaluation ? figureSection(evaluation) : classificationSection(evaluation, labels);
}

function figureSection({ examples, split, figures, baselines }: CardFigures): string[] {
  const row = (name: string, own: readonly Figure[]): string[] => [
    name,
    ...figures.map((figure) => {
      const found = own.find((other) => other.name === figure.name);
      return found ? decimals(found.estimate) : "";
    }),
  ];
  return [
    "## Evaluation",
    "",
    `On ${examples} examples of the ${split} split; 95 % bootstrap intervals in brackets.`,
    "",
    ...table(
      ["", ...figures.map(({ name, better }) => `${name} (${better} is better)`)],
      [row("**this model**", figures), ...baselines.map((baseline) => row(baseline.name, baseline.figures))],
    ),
  ];
}

function classificationSection(evaluation: CardClassification, labels: readonly string[]): string[] {
  const shown = weakest(evaluation);
  return [
    "## Evaluation",
    "",
    `On ${evaluation.examples} examples of the ${evaluation.split} split; 95 % bootstrap intervals in brackets.`,
    "",
    ...table(
      ["", "accuracy", "macro F1"],
      [
        ["**this model**", percents(evaluation.accuracy), percents(evaluation.macroF1)],
        ...evaluation.baselines.map(({ name, accuracy, macroF1 }) => [name, percents(accuracy), percents(macroF1)]),
      ],
    ),
    ...table(
      ["metric", "value"],
      [
        ["macro precision", percents(evaluation.macroPrecision)],
        ["macro recall", percents(evaluation.macroRecall)],
        ["cross-entropy (nats)", decimals(evaluation.crossEntropy)],
        ["expected calibration error", percents(evaluation.calibrationError)],
        ...(evaluation.areaUnderCurve ? [["area under curve", decimals(evaluation.areaUnderCurve)]] : []),
        ...(evaluation.calibrationErrorBefore === undefined
          ? []
          : [["the same before calibration", `${(evaluation.calibrationErrorBefore * 100).toFixed(1)} %`]]),
      ],
    ),
    ...refusalSection(evaluation),
    ...reliabilitySection(evaluation),
    ...table(
      ["label", "examples", "precision", "recall", "F1"],
      evaluation.classes.map(({ label, examples, precision, recall, f1 }) => [
        label,
        `${examples}`,
        percents(precision),
        percents(recall),
        percents(f1),
      ]),
    ),
    ...confusionSection(evaluation.confusion, labels),
    "### Slices",
    "",
    ...(shown.length === 0
      ? ["No slice is weaker than the whole beyond chance.", ""]
      : table(
          ["slice", "examples", "accuracy", "mean probability"],
          shown.map(({ name, examples, accuracy, confidence }) => [
            `${name} (weak)`,
            `${examples}`,
            percents(accuracy),
            confidence === undefined ? "" : `${(confidence * 100).toFixed(1)} %`,
          ]),
        )),
  ];
}

function refusalSection({ refusal }: CardClassification): string[] {
  if (!refusal) return [];
  const { threshold, risk, coverage, error } = refusal;
  return [
    `It refuses ("none of these") where its probability is below ${(threshold * 100).toFixed(1)} %: chosen on validation`,
    `for at most ${Number((risk * 100).toPrecision(3))} % wrong answers. On this split (exact 95 % intervals):`,
    "",
    ...table(
      ["", "share"],
      [
        ["answered", percents(coverage)],
        ["wrong among the answered", percents(error)],
      ],
    ),
  ];
}

function reliabilitySection({ reliability }: CardClassification): string[] {
  if (!reliability || reliability.length === 0) return [];
  return [
    "How often answers of a probability are right:",
    "",
    ...table(
      ["probability", "examples", "mean probability", "right"],
      reliability.map(({ from, to, examples, confidence, accuracy }) => [
        `${(from * 100).toFixed(0)} to ${(to * 100).toFixed(0)} %`,
        `${examples}`,
        `${(confidence * 100).toFixed(1)} %`,
        percents(accuracy),
      ]),
    ),
  ];
}

const weakest = ({ slices }: CardClassification): CardClassification["slices"] =>
  slices.filter(({ isWeak }) => isWeak).sort((a, b) => a.accuracy.value - b.accuracy.value);

const confusionClassesMax = 12;

function confusionSection(confusion: readonly (readonly number[])[], labels: readonly string[]): string[] {
  if (labels.length > confusionClassesMax) return [];
  return [
    "Rows are true labels, columns answers:",
    "",
    ...table(
      ["", ...labels],
      confusion.map((row, i) => [labels[i] ?? "", ...row.map(String)]),
    ),
  ];
}

function trainingSection(training: CardTraining): string[] {
  return [
    "## Training",
    "",
    `Recipe \`${training.recipe}\`, seed ${training.seed}, ${training.parameters.toLocaleString("en")} parameters,`,
    `best epoch ${training.bestEpoch} of ${training.epochs}, temperature ${training.temperature.toFixed(3)}.`,
    "",
    "```json",
    JSON.stringify(training.settings),
    "```",
    "",
  ];
}

function list(title: string, items: readonly string[]): string[] {
  return [`## ${title}`, "", ...items.map((item) => `- ${item}`), ""];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), `|${head.map((_, i) => (i === 0 ? " --- " : " ---: ")).join("|")}|`, ...rows.map(line), ""];
}

const percents = ({ value, low, high }: Estimate): string =>
  `${(value * 100).toFixed(1)} % [${(low * 100).toFixed(1)}, ${(high * 100).toFixed(1)}]`;

const decimals = ({ value, low, high }: Estimate): string =>
  `${value.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;
