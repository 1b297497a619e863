import { describe, expect, it } from "vitest";
import { embeddingBagRecipe } from "./recipe.ts";
import { relevanceOf, weighByRelevance } from "./relevance.ts";
import { settle } from "./settle.ts";

const base = { name: "mine", task: "text-classification", architecture: "embedding-bag" };

describe("what a recipe leaves to the data", () => {
  const recipe = embeddingBagRecipe.parse(base);
  const table: [story: string, facts: Parameters<typeof settle>[1], expected: object][] = [
    [
      "600 mails",
      { examples: 500, classes: 2, meanChars: 1_900 },
      { batch: 16, epochs: 12, width: 16, characters: null },
    ],
    [
      "6,000 mails",
      { examples: 5_000, classes: 2, meanChars: 1_900 },
      { batch: 32, epochs: 8, width: 16, characters: null },
    ],
    [
      "short Chinese reviews",
      { examples: 10_000, classes: 2, meanChars: 25 },
      { batch: 32, epochs: 4, width: 16, characters: [3, 4] },
    ],
    [
      "77 intents",
      { examples: 8_000, classes: 77, meanChars: 60 },
      { batch: 32, epochs: 5, width: 32, characters: [3, 4] },
    ],
    [
      "a million examples",
      { examples: 1_000_000, classes: 2, meanChars: 900 },
      { batch: 64, epochs: 4, width: 16, characters: null },
    ],
  ];
  it.each(table)("%s", (_story, facts, expected) => {
    const { preprocessing, batch, epochs, width } = settle(recipe, facts);
    expect({ batch, epochs, width, characters: preprocessing.characters }).toEqual(expected);
  });

  it("is not asked where the recipe says it", () => {
    const fixed = embeddingBagRecipe.parse({
      ...base,
      features: { characters: null },
      training: { epochs: 7, batch: 3, patience: 1 },
    });
    expect(settle(fixed, { examples: 9, classes: 2, meanChars: 9 })).toMatchObject({
      epochs: 7,
      batch: 3,
      patience: 1,
    });
  });
});

describe("relevance", () => {
  const bag = (...ids: number[]) => ({ ids: Int32Array.from(ids), weights: new Float32Array(ids.length).fill(1) });
  // bucket 0 is in all, 1 only in class a, 2 only in class b, 3 evenly in both, 4 nowhere
  const bags = [bag(0, 1, 3), bag(0, 1), bag(0, 1), bag(0, 2, 3), bag(0, 2), bag(0, 2)];
  const relevance = relevanceOf(bags, Int32Array.of(0, 0, 0, 1, 1, 1), 2, 5);
  it("is highest where the classes differ most and 0 where they do not", () => {
    expect([...relevance]).toEqual([0, 255, 255, 0, 0]);
  });
  it("leaves a text with nothing telling one empty feature", () => {
    const { ids, weights } = weighByRelevance(bag(0, 3), relevance);
    expect([[...ids], [...weights]]).toEqual([[0], [0]]);
    expect([...weighByRelevance(bag(0, 1, 2), relevance).weights]).toEqual([
      Math.fround(Math.SQRT1_2),
      Math.fround(Math.SQRT1_2),
    ]);
  });
});
