import { writeFile } from "node:fs/promises";
import path from "node:path";
import { type DatasetVersion, createDataset, importFiles } from "../../data/index.ts";
import type { Clock } from "../../kernel/clock.ts";
import { type Random, pick, seededRandom } from "../../kernel/random.ts";
import type { Store } from "../../store/index.ts";
import { embeddingBagRecipe } from "../architectures/embedding-bag/recipe.ts";

const shared =
  "the we it was and then came there table evening street with door about before again always waiter".split(" ");
const telling: Readonly<Record<string, readonly string[]>> = {
  good: "lovely fresh warm friendly tasty quick generous perfect".split(" "),
  bad: "cold rude stale slow salty dirty late awful".split(" "),
  mixed: "average okay ordinary fine plain usual standard middling".split(" "),
};

/** A made-up review of twelve words, two of which tell its label; one in ten has the words of another label. */
function review(label: string, random: Random): string {
  const labels = Object.keys(telling);
  const theme = telling[random.next() < 0.1 ? pick(labels, random) : label] ?? [];
  const words = Array.from({ length: 12 }, () => pick(shared, random));
  words[random.below(6)] = pick(theme, random);
  words[6 + random.below(6)] = pick(theme, random);
  return `${words.join(" ")} ${random.below(1_000_000)}`;
}

export interface Reviews {
  readonly name?: string;
  readonly count: number;
  readonly labels?: readonly string[];
  readonly seed?: number;
}

/** A dataset of such reviews, through the importer. */
export async function importReviews(
  deps: { readonly store: Store; readonly clock: Clock },
  { name = "reviews", count, labels = ["good", "bad"], seed = 1 }: Reviews,
): Promise<DatasetVersion> {
  const random = seededRandom(seed);
  const rows = Array.from({ length: count }, (_, i) => {
    const label = labels[i % labels.length] ?? "good";
    return `${JSON.stringify({ text: review(label, random), label })}\n`;
  });
  const file = path.join(deps.store.folder, `${name}.jsonl`);
  await writeFile(file, rows.join(""));
  await createDataset(deps, { name, seed: "1" });
  return (await importFiles(deps, { dataset: name, path: file })).version;
}

/** A recipe small enough that a run takes a second. */
export const smallRecipe = embeddingBagRecipe.parse({
  name: "small",
  task: "text-classification",
  architecture: "embedding-bag",
  features: { bucket_bits: 12, characters: null },
  width: 8,
  training: { epochs: 4, batch: 16 },
});
