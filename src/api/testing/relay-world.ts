import type { Id } from "../../kernel/ids.ts";
import {
  type Component,
  type DataUse,
  balanceOfCustomer,
  createCustomer,
  createKey,
  createPlan,
  createProduct,
  createSubscription,
  receivePayment,
} from "../../sell/index.ts";
import type { TestStores } from "../../store/testing/engines.ts";
import type { NewRoute } from "../../upstream/index.ts";
import { addStubUpstream, routeTo } from "../../upstream/testing/fixture.ts";
import { type Behaviour, type Stub, chatAnswer, chatPieces, openStub } from "../../upstream/testing/stub.ts";
import { type TestServer, openTestServer, testPepper } from "./server.ts";

/** What the stub counts for each answer, unless a test says otherwise. */
export const stubUsage = { prompt_tokens: 10, completion_tokens: 4, prompt_tokens_details: { cached_tokens: 6 } };

/** A million tokens cost the customer 3, cached 1, written 10; a request 0.001. In USD. */
const perUnit = (perThousandNanos: bigint) => ({ kind: "per_unit", perThousandNanos, freeUnits: 0 }) as const;
const components: readonly Component[] = [
  { unit: "requests", price: perUnit(1_000_000_000n) },
  { unit: "input_tokens", price: perUnit(3_000_000n) },
  { unit: "cached_input_tokens", price: perUnit(1_000_000n) },
  { unit: "output_tokens", price: perUnit(10_000_000n) },
];

/** What a request with these counts costs the customer, in nanos. */
export const priced = (input: number, cached: number, output: number): bigint =>
  1_000_000n + BigInt(input) * 3_000n + BigInt(cached) * 1_000n + BigInt(output) * 10_000n;

export interface RelayWorld {
  readonly server: TestServer;
  readonly stub: Stub;
  readonly url: string;
  readonly key: string;
  readonly customer: Id<"customer">;
  readonly product: Id<"product">;
  /** The next answers of the upstream; then the usual ones. */
  readonly plan: Behaviour[];
  /** What the customer has paid so far; nothing may be held. */
  spent(): Promise<bigint>;
  post(path: string, body: object, headers?: Record<string, string>): Promise<Response>;
  close(): Promise<void>;
}

export interface WorldOptions {
  readonly dataUse?: DataUse;
  readonly policy?: NewRoute["policy"];
}

/** A customer of `chat` (a stub of chat, completions and embeddings) and `native` (of responses too), over a socket. */
export async function openRelayWorld(stores: TestStores, options: WorldOptions = {}): Promise<RelayWorld> {
  const server = await openTestServer(stores);
  const { store, clock } = server.deps;
  const nowMs = clock.now();
  const plan: Behaviour[] = [];
  const stub = await openStub(({ path, body }) => plan.shift() ?? usual(path, body["stream"] === true));
  const plain = await addStubUpstream(store, { name: "plain", url: stub.url, pepper: testPepper });
  const rich = await addStubUpstream(store, { name: "rich", url: stub.url, pepper: testPepper, apis: ["responses"] });
  const policy = { failuresMax: 1_000, triesMax: 1, ...options.policy };
  await routeTo(store, "chat", [plain], policy);
  await routeTo(store, "native", [rich], policy);
  const terms = { kind: "prepaid" } as const;
  const dataUse = options.dataUse ?? "none";
  const { id: customer } = await createCustomer(store, { name: "Builder", currency: "usd", terms, dataUse, nowMs });
  const paid = 1_000_000_000_000n;
  await receivePayment(store, { customer, amountNanos: paid, reference: "1", nowMs });
  const products: Id<"product">[] = [];
  for (const endpoint of ["chat", "native", "unrouted"]) {
    const product = await createProduct(store, { name: endpoint, endpoint, nowMs });
    const offer = { product: product.id, name: "Basic", currency: "usd", feeNanos: 0n, components, nowMs } as const;
    const { id } = await createPlan(store, offer);
    await createSubscription(store, { customer, plan: id, anchorMs: nowMs, timeZone: "UTC", nowMs });
    products.push(product.id);
  }
  const { secret } = await createKey(store, { customer, name: "test", pepper: testPepper, nowMs });
  const key = secret.reveal();
  const url = await server.app.listen({ port: 0, host: "127.0.0.1" });
  return {
    server,
    stub,
    url,
    key,
    customer,
    product: products[0] as Id<"product">,
    plan,
    async spent() {
      await server.deps.gateway.leases.close(); // many short tests look like one busy customer
      const { balanceNanos, heldNanos } = await balanceOfCustomer(store, customer);
      if (heldNanos !== 0n) throw new Error(`${heldNanos} nanos are held`);
      return paid - balanceNanos;
    },
    post: (path, body, headers = {}) =>
      fetch(`${url}${path}`, {
        method: "POST",
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
        body: JSON.stringify(body),
      }),
    async close() {
      await server.close();
      await stub.close();
    },
  };
}

function usual(path: string, isStream: boolean): Behaviour {
  if (path.endsWith("/embeddings")) {
    const data = [{ object: "embedding", index: 0, embedding: [0.25, -0.5] }];
    return {
      kind: "json",
      body: { object: "list", data, model: "stub", usage: { prompt_tokens: 10, total_tokens: 10 } },
    };
  }
  if (path.endsWith("/responses")) return isStream ? responseStream() : { kind: "json", body: response() };
  if (path.endsWith("/chat/completions")) {
    if (isStream) return { kind: "stream", pieces: chatPieces(["Hel", "lo"], stubUsage) };
    return { kind: "json", body: chatAnswer("Hello", stubUsage) };
  }
  const choices = [{ text: " upon a time", index: 0, logprobs: null, finish_reason: "stop" }];
  return {
    kind: "json",
    body: { id: "cmpl-1", object: "text_completion", created: 1, model: "stub", choices, usage: stubUsage },
  };
}

const usage = {
  input_tokens: 10,
  input_tokens_details: { cached_tokens: 6 },
  output_tokens: 4,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: 14,
};

function response() {
  const content = [{ type: "output_text", text: "Hello", annotations: [], logprobs: [] }];
  return {
    id: "resp_upstream",
    object: "response",
    created_at: 1_760_000_000,
    status: "completed",
    error: null,
    incomplete_details: null,
    model: "stub",
    output: [{ type: "message", id: "msg_1", status: "completed", role: "assistant", content }],
    parallel_tool_calls: true,
    tool_choice: "auto",
    tools: [],
    usage,
  };
}

function responseStream(): Behaviour {
  const whole = response();
  const begun = { ...whole, status: "in_progress", output: [], usage: null };
  const item = whole.output[0];
  const place = { item_id: "msg_1", output_index: 0, content_index: 0 };
  const events = [
    { type: "response.created", response: begun },
    { type: "response.output_item.added", output_index: 0, item: { ...item, status: "in_progress", content: [] } },
    { type: "response.content_part.added", ...place, part: { type: "output_text", text: "", annotations: [] } },
    { type: "response.output_text.delta", ...place, delta: "Hel", logprobs: [] },
    { type: "response.output_text.delta", ...place, delta: "lo", logprobs: [] },
    { type: "response.output_text.done", ...place, text: "Hello", logprobs: [] },
    { type: "response.output_item.done", output_index: 0, item },
    { type: "response.completed", response: whole },
  ];
  const pieces = events.map(
    (event, sequence_number) => `event: ${event.type}\ndata: ${JSON.stringify({ ...event, sequence_number })}\n\n`,
  );
  return { kind: "stream", pieces };
}
