import { millrace, millraceJson } from "./doors.ts";
import { say, shown, step, typed } from "./story.ts";

/** Step 5: a product, a plan, a partner, three customers and their keys. */

export interface Buyer {
  readonly id: string;
  readonly name: string;
  readonly key: string;
}

export interface Shop {
  readonly buyers: readonly Buyer[];
  /** A key that may be used three times. */
  readonly smallKey: string;
  readonly operatorKey: string;
}

export async function sell(folder: string): Promise<Shop> {
  step(5, "Sell: a plan, a partner who refers, three customers");
  const commands = [
    ["product", "create", "spam-api", "--endpoint", "spam-filter"],
    ["plan", "create", "starter", "--product", "spam-api", "--fee", "29", "--per-thousand", "2", "--free", "500"],
    ["partner", "create", "Referral partner", "--commission", "20%"],
  ];
  for (const command of commands) {
    typed(command);
    shown((await millrace(folder, command)).stdout);
  }
  const buyers: Buyer[] = [];
  for (const { name, partner } of customers) {
    const command = [
      "customer",
      "create",
      name,
      "--plan",
      "starter",
      "--learn",
      ...(partner ? ["--partner", "Referral partner"] : []),
    ];
    typed(command);
    const { id } = await millraceJson<{ id: string }>(folder, command);
    const { secret } = await millraceJson<{ secret: string }>(folder, ["key", "create", name]);
    buyers.push({ id, name, key: secret });
  }
  const quota = ["key", "create", "Mail host", "--name", "trial", "--quota", "3"];
  typed(quota);
  const small = await millraceJson<{ secret: string }>(folder, quota);
  const operator = await millraceJson<{ operator_key: string }>(folder, ["operator-key", "create", "demo"]);
  say("Each got an API key; secrets are shown once and stored only as keyed hashes.");
  return { buyers, smallKey: small.secret, operatorKey: operator.operator_key };
}

const customers = [
  { name: "Mail host", partner: false },
  { name: "Newsletter tool", partner: true },
  { name: "Help desk", partner: true },
];
