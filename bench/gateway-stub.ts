/** An upstream that answers at once, in a process of its own: what remains is what the gateway adds. */
import { fork } from "node:child_process";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";

const usage = { prompt_tokens: 12, completion_tokens: 9, total_tokens: 21 };
const head = { id: "chatcmpl-1", created: 1_760_000_000, model: "small" };
const text = ["The", " mill", " turns", " as", " long", " as", " there", " is", " water."];

const whole = JSON.stringify({
  ...head,
  object: "chat.completion",
  choices: [{ index: 0, message: { role: "assistant", content: text.join("") }, finish_reason: "stop" }],
  usage,
});
const event = (data: object): string =>
  `data: ${JSON.stringify({ ...head, object: "chat.completion.chunk", ...data })}\n\n`;
const streamed = [
  ...text.map((content) => event({ choices: [{ index: 0, delta: { content }, finish_reason: null }] })),
  event({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] }),
  event({ choices: [], usage }),
  "data: [DONE]\n\n",
].join("");

if (process.argv.includes("--stub")) serve();

function serve(): void {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const streams = Buffer.concat(chunks).includes('"stream":true');
      response.writeHead(200, { "content-type": streams ? "text/event-stream" : "application/json" });
      response.end(streams ? streamed : whole);
    });
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    process.send?.(typeof address === "object" ? `http://127.0.0.1:${address?.port}/v1` : "");
  });
}

export interface Stub {
  readonly url: string;
  stop(): void;
}

export function startStub(): Promise<Stub> {
  const child = fork(fileURLToPath(import.meta.url), ["--stub"]);
  process.on("exit", () => child.kill());
  return new Promise((resolve) => {
    child.on("message", (url: string) => resolve({ url, stop: () => void child.kill() }));
  });
}
