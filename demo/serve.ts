import { seededRandom } from "millrace";
import { type Server, call, concurrently, startServer } from "./doors.ts";
import type { Mail, Prepared } from "./prepare.ts";
import type { Buyer, Shop } from "./sell.ts";
import { bar, say, step } from "./story.ts";

/** Step 6: customers send real mails over HTTP, many at once. */

export interface Answered {
  readonly id: string;
  readonly buyer: Buyer;
  readonly mail: Mail;
  readonly said: string;
}

export interface Served {
  readonly server: Server;
  /** Every answer a customer got, in both waves. */
  readonly answers: Answered[];
  /** Mails for after the promotion. */
  readonly later: readonly Mail[];
  /** Answers that were asked by the small key. */
  small: number;
}

interface PredictionBody {
  readonly id: string;
  readonly output: { readonly label: string };
  readonly error?: { readonly code: string; readonly message: string };
}

const laterShare = 0.1;
const connections = 16;

export async function serve(folder: string, seed: number, shop: Shop, { traffic }: Prepared): Promise<Served> {
  step(6, "Serve: authorized, held, answered, metered, settled");
  const server = await startServer(folder);
  const cut = Math.floor(traffic.length * (1 - laterShare));
  const served: Served = { server, answers: [], later: traffic.slice(cut), small: 0 };
  await refusals(server, shop, traffic, served);
  await ask(served, shop, traffic.slice(0, cut), seed, "first model");
  return served;
}

/** Sends mails from all customers at once and keeps what was answered. */
export async function ask(
  served: Served,
  shop: Shop,
  mails: readonly Mail[],
  seed: number,
  model: string,
): Promise<void> {
  const random = seededRandom(`${seed}/customers/${model}`);
  const buyers = mails.map(() => shop.buyers[random.below(shop.buyers.length)] as Buyer);
  const progress = bar("Calls", mails.length);
  const latencies: number[] = [];
  const answers: Answered[] = [];
  let right = 0;
  const started = performance.now();
  await concurrently(mails, connections, async (mail, i) => {
    const buyer = buyers[i] as Buyer;
    const sent = performance.now();
    const { status, body } = await call<PredictionBody>("POST", `${served.server.url}/v1/predictions`, buyer.key, {
      endpoint: "spam-filter",
      input: mail.input,
    });
    latencies.push(performance.now() - sent);
    progress.tick();
    if (status !== 200) throw new Error(`a paid call was answered ${status}: ${body.error?.message}`);
    answers[i] = { id: body.id, buyer, mail, said: body.output.label }; // in the order of the mails, not of the answers
    if (body.output.label === mail.label) right += 1;
  });
  progress.done();
  served.answers.push(...answers);
  const seconds = (performance.now() - started) / 1000;
  latencies.sort((a, b) => a - b);
  const at = (share: number): string => (latencies[Math.floor(latencies.length * share)] ?? 0).toFixed(1);
  say(
    `${mails.length} mails over HTTP on ${connections} connections in ${seconds.toFixed(1)} s: ${Math.round(mails.length / seconds)} a second, ` +
      `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, every one durable before its answer. ` +
      `The ${model} was right on ${((right / mails.length) * 100).toFixed(2)} % of them.`,
  );
}

/** A wrong key, and a key over its quota. */
async function refusals(server: Server, shop: Shop, traffic: readonly Mail[], served: Served): Promise<void> {
  const url = `${server.url}/v1/predictions`;
  const body = { endpoint: "spam-filter", input: "Hello, are we still meeting tomorrow?" };
  const wrong = await call<PredictionBody>("POST", url, "mk_this-is-not-a-key", body);
  say(`A wrong key: ${wrong.status} ${wrong.body.error?.code}.`);
  const [buyer] = shop.buyers;
  for (let i = 0; ; i++) {
    const mail = traffic[i] as Mail;
    const reply = await call<PredictionBody>("POST", url, shop.smallKey, {
      endpoint: "spam-filter",
      input: mail.input,
    });
    if (reply.status !== 200) {
      say(`The trial key: ${served.small} answers, then ${reply.status} ${reply.body.error?.code}.`);
      return;
    }
    served.small += 1;
    served.answers.push({ id: reply.body.id, buyer: buyer as Buyer, mail, said: reply.body.output.label });
  }
}
