import { writeFileSync } from "node:fs";
import path from "node:path";
import { seededRandom } from "millrace";
import { call, concurrently, millrace, millraceJson } from "./doors.ts";
import type { Prepared } from "./prepare.ts";
import type { Shop } from "./sell.ts";
import { type Answered, type Served, ask } from "./serve.ts";
import { bar, say, shown, step, typed } from "./story.ts";

/** Steps 7 and 8: feedback, review, a second model, the judge, and a damaged candidate. */

interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

interface Verdict {
  readonly decision: "promote" | "keep" | "not_proven";
  readonly comparison: { readonly accuracyB: number; readonly difference: Estimate; readonly mcnemarP: number };
}

export interface Learned {
  readonly figures: {
    readonly finalAccuracy: number;
    readonly difference: Estimate;
    readonly decision: string;
    readonly damagedDecision: string;
  };
}

/** How many right answers are confirmed with a thumbs-up; wrong ones are always corrected. */
const confirmedShare = 0.9;
/** How many of those who say anything click the wrong thing. */
const carelessShare = 0.05;

export async function learn(
  folder: string,
  seed: number,
  shop: Shop,
  prepared: Prepared,
  served: Served,
): Promise<Learned> {
  step(7, "Learn: customers correct, a reviewer decides");
  await sendFeedback(seed, served);
  const decisions = await review(folder, shop, prepared, served);
  typed(["review", "settle", "--file", "decisions.jsonl", "--reviewer", "reviewer"]);
  shown((await millrace(folder, ["review", "settle", "--file", decisions, "--reviewer", "reviewer"])).stdout);

  step(8, "Judge: a second model goes live only if it is proved better");
  typed(["loop", "turn", "spam-filter", "--seed", String(seed)]);
  const turned = await millrace(folder, ["loop", "turn", "spam-filter", "--seed", String(seed)], [0, 4]);
  shown(turned.stdout);
  const [verdict] = await millraceJson<Verdict[]>(folder, ["verdict", "list", "--limit", "1"]);
  if (!verdict) throw new Error("the judge left no verdict");
  say("\nA fire drill: the same recipe with its training labels shuffled must be refused.");
  typed(["run", "start", "mails", "--fire-drill", "--name", "fire drill"]);
  await millraceJson(folder, ["run", "start", "mails", "--fire-drill", "--name", "fire drill", "--seed", String(seed)]);
  typed(["loop", "judge", "spam-filter", "latest"]);
  const damaged = await millrace(folder, ["loop", "judge", "spam-filter", "latest"], [4]);
  shown(damaged.stdout.split("\n").slice(0, 5).join("\n"));
  const [refused] = await millraceJson<Verdict[]>(folder, ["verdict", "list", "--limit", "1"]);
  await ask(served, shop, served.later, seed, verdict.decision === "promote" ? "second model" : "first model still");
  return {
    figures: {
      finalAccuracy: verdict.comparison.accuracyB,
      difference: verdict.comparison.difference,
      decision: verdict.decision,
      damagedDecision: refused?.decision ?? "",
    },
  };
}

async function sendFeedback(seed: number, { server, answers }: Served): Promise<void> {
  const random = seededRandom(`${seed}/feedback`);
  const signals = answers.flatMap((answered) => {
    const right = answered.said === answered.mail.label;
    if (right && random.next() >= confirmedShare) return [];
    const careless = random.next() < carelessShare;
    const claimsRight = right !== careless;
    return [{ answered, claimsRight, careless }];
  });
  const progress = bar("Feedback", signals.length);
  await concurrently(signals, 16, async ({ answered, claimsRight }) => {
    const signal = claimsRight ? { kind: "boolean", value: true } : { kind: "correction", label: other(answered) };
    const { status, body } = await call<{ error?: { message: string } }>(
      "POST",
      `${server.url}/v1/feedback`,
      answered.buyer.key,
      {
        prediction: answered.id,
        signal,
      },
    );
    if (status !== 201) throw new Error(`feedback was answered ${status}: ${body.error?.message}`);
    progress.tick();
  });
  progress.done();
  const corrections = signals.filter(({ claimsRight }) => !claimsRight).length;
  const careless = signals.filter((signal) => signal.careless).length;
  say(
    `${signals.length} signals: ${corrections} corrections and ${signals.length - corrections} confirmations; ` +
      `${careless} of them by careless users who clicked the wrong thing.`,
  );
}

/** The other of the two classes than the one that was answered. */
const other = ({ said }: Answered): string => (said === "spam" ? "ham" : "spam");

interface ReviewPage {
  readonly data: readonly { readonly id: string; readonly prediction: string; readonly stance: string }[];
  readonly next_cursor: string | null;
}

/** The scripted reviewer reads every waiting mail and knows what it is. */
async function review(
  folder: string,
  { operatorKey }: Shop,
  { traffic }: Prepared,
  { server, answers }: Served,
): Promise<string> {
  const truth = new Map(answers.map(({ id, mail }) => [id, mail.label]));
  const lines: string[] = [];
  let disputed = 0;
  let cursor: string | null = null;
  do {
    const more: string = cursor ? `&cursor=${encodeURIComponent(cursor)}` : "";
    const { status, body } = await call<ReviewPage>(
      "GET",
      `${server.url}/admin/v1/reviews?state=open&limit=100${more}`,
      operatorKey,
    );
    if (status !== 200) throw new Error(`the review queue was answered ${status}`);
    for (const item of body.data) {
      lines.push(JSON.stringify({ item: item.id, label: truth.get(item.prediction) }));
      if (item.stance === "disputed") disputed += 1;
    }
    cursor = body.next_cursor;
  } while (cursor);
  say(`The queue holds ${lines.length} of ${traffic.length} mails, ${disputed} of them disputed and shown first.`);
  const file = path.join(folder, "decisions.jsonl");
  writeFileSync(file, `${lines.join("\n")}\n`);
  return file;
}
