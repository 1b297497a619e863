import { type Random, seededRandom } from "../../src/kernel/random.ts";

/** What the team of a story has, by name, for the tests that look for it. */
export interface Story {
  readonly dataset: string;
  readonly models: readonly string[];
  readonly endpoint: string;
  readonly product: string;
  readonly customers: readonly { readonly id: string; readonly name: string; readonly key: string }[];
  readonly partner: string;
  readonly invoice: string;
}

/** Calls the running server as a program of the team, or of a customer. */
export type Ask = <T>(method: "GET" | "POST", path: string, body?: unknown, secret?: string) => Promise<T>;

/** How a story is told: through the API, and by the import that reads files. */
export interface Teller {
  readonly ask: Ask;
  /** Rows of JSON lines with `input` and `label`; answers the version's id. */
  importMails(dataset: string, lines: string): Promise<string>;
}

interface Made {
  readonly id: string;
}

/**
 * A small team, told through its own API: mails become a dataset, two models, an endpoint, a product with two plans, three
 * customers, paid answers, feedback, an invoice. The same seed tells the same story.
 */
export async function tellStory({ ask, importMails }: Teller, seed = 7): Promise<Story> {
  const random = seededRandom(seed);
  const dataset = await ask<Made>("POST", "/admin/v1/datasets", { name: "mails" });
  const version = await importMails(dataset.id, mails(320, random));
  const models: string[] = [];
  for (const runSeed of [1, 2]) models.push(await train(ask, version, runSeed));
  await ask("POST", "/admin/v1/endpoints/spam-filter/deploy", { role: "champion", model: models[0] });
  await ask("POST", "/admin/v1/endpoints/spam-filter/deploy", { role: "challenger", model: models[1], share: 0.2 });
  const product = await ask<Made>("POST", "/admin/v1/products", { name: "Spam filter", endpoint: "spam-filter" });
  const basic = await ask<Made>("POST", "/admin/v1/plans", {
    product: product.id,
    name: "Basic",
    offered: true,
    per_thousand: "1.50",
  });
  const pro = await ask<Made>("POST", "/admin/v1/plans", {
    product: product.id,
    name: "Pro",
    offered: true,
    fee: "49.00",
    components: [
      {
        unit: "predictions",
        price: {
          kind: "graduated",
          tiers: [
            { up_to: 10_000, per_thousand: "1.20" },
            { up_to: null, per_thousand: "0.80" },
          ],
        },
      },
    ],
  });
  const partner = await ask<Made>("POST", "/admin/v1/partners", { name: "North Wind", commission_basis_points: 1500 });
  const customers = await Promise.all([
    openAccount(ask, { name: "Harbour Mail", plan: basic.id }),
    openAccount(ask, { name: "Lantern & Sons", plan: pro.id, partner: partner.id }),
    openAccount(ask, { name: "青石科技", plan: basic.id }),
  ]);
  const [first] = customers;
  const credit = { amount: "25.00", source: "Launch week", products: [product.id] };
  await ask("POST", `/admin/v1/customers/${first?.id}/credits`, credit);
  await use(ask, customers, random);
  await ask("POST", `/admin/v1/customers/${first?.id}/invoice-items`, {
    service: "project",
    description: "Setting up the mail import",
    unit_amount: "120.00",
  });
  const invoice = await ask<Made>("POST", `/admin/v1/customers/${first?.id}/invoice-items/issue`);
  return {
    dataset: dataset.id,
    models,
    endpoint: "spam-filter",
    product: product.id,
    customers,
    partner: partner.id,
    invoice: invoice.id,
  };
}

const subjects = [
  "meeting",
  "invoice",
  "holiday",
  "report",
  "train",
  "garden",
  "concert",
  "lunch",
  "server",
  "contract",
];
const baits = ["prize", "lottery", "pills", "casino", "million dollars", "free offer", "cheap watches", "click here"];

const mails = (count: number, random: Random): string =>
  Array.from({ length: count }, (_, i) => JSON.stringify(mailOf(i, random))).join("\n");

function mailOf(i: number, random: Random): { readonly input: string; readonly label: string } {
  const pick = (words: readonly string[]): string => words[random.below(words.length)] ?? "";
  const spam = random.next() < 0.4;
  const mixed = random.next() < 0.1; // some mails of each kind speak like the other
  const words = spam !== mixed ? baits : subjects;
  const input = `Letter ${i}: about the ${pick(words)} and the ${pick(words)}, number ${random.below(9_999)}`;
  return { input, label: spam ? "spam" : "ham" };
}

async function train(ask: Ask, version: string, seed: number): Promise<string> {
  const run = await ask<Made>("POST", "/admin/v1/runs", {
    dataset_version: version,
    seed,
    recipe: "text-classification",
  });
  for (;;) {
    const { state, model, reason } = await ask<{ state: string; model: string | null; reason: string | null }>(
      "GET",
      `/admin/v1/runs/${run.id}`,
    );
    if (state === "done" && model) return model;
    if (state === "failed" || state === "cancelled") throw new Error(`The story's run ${state}: ${reason}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function openAccount(
  ask: Ask,
  { name, plan, partner }: { readonly name: string; readonly plan: string; readonly partner?: string },
): Promise<Story["customers"][number]> {
  const brought = partner ? { partner, attribution_reason: "Introduced at a fair" } : {};
  const { id } = await ask<Made>("POST", "/admin/v1/customers", {
    name,
    terms: { kind: "prepaid" },
    data_use: "improve",
    ...brought,
  });
  await ask("POST", `/admin/v1/customers/${id}/payments`, { amount: "200.00", reference: `transfer of ${name}` });
  await ask("POST", `/admin/v1/customers/${id}/subscriptions`, { plan });
  const key = await ask<{ secret: string }>("POST", `/admin/v1/customers/${id}/keys`, { name: "server" });
  return { id, name, key: key.secret };
}

/** Sixty paid answers and what people said of them. */
async function use(ask: Ask, customers: Story["customers"], random: Random): Promise<void> {
  for (let i = 0; i < 60; i++) {
    const key = customers[i % customers.length]?.key;
    const { input, label } = mailOf(1_000 + i, random);
    const answer = await ask<{ id: string; output: { label: string } }>(
      "POST",
      "/v1/predictions",
      { endpoint: "spam-filter", input },
      key,
    );
    const signal = answer.output.label === label ? { kind: "boolean", value: true } : { kind: "correction", label };
    if (i % 4 === 0 || signal.kind === "correction")
      await ask("POST", "/v1/feedback", { prediction: answer.id, signal, input: { text: input, consent: true } }, key);
  }
}
