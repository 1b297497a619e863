import { Refusal } from "../../kernel/errors.ts";
import { newId } from "../../kernel/ids.ts";
import { limits } from "../../kernel/limits.ts";
import { generate, loadBundle, openLanguageModel } from "../../models/index.ts";
import { type Command, type Invocation, argument, wholeNumber } from "../command.ts";
import { resolveAnswering } from "../names.ts";

const tokensDefault = 100;

export const generateText: Command = {
  name: "generate",
  summary: "let a language model continue a text; not billed",
  args: ["ENDPOINT|MODEL"],
  options: {
    prompt: { type: "text", value: "TEXT", help: "what it continues (default: nothing, it begins a text)" },
    tokens: { type: "text", value: "N", help: `at most so many tokens (default ${tokensDefault})` },
    temperature: { type: "text", value: "T", help: "0 always takes the likeliest token (default 0.8)" },
    "top-k": { type: "text", value: "K", help: "choose among the K likeliest tokens (default 0: all)" },
    "top-p": { type: "text", value: "P", help: "choose among the likeliest that make up P (default 0.95)" },
    stop: { type: "list", value: "TEXT", help: "end before this text" },
    seed: { type: "text", value: "SEED", help: "the same seed gives the same text (default: another each time)" },
  },
  example: 'millrace generate ahab --prompt "The white whale" --temperature 0.7',
  async run(invocation) {
    const app = await invocation.world.open();
    const id = await resolveAnswering(app.store, argument(invocation, 0, "endpoint's or model's name"));
    const prompt = invocation.text("prompt") ?? "";
    const stops = invocation.list("stop");
    if (stops.includes(""))
      throw new Refusal("invalid_request", "A stop has at least one character.", { param: "stop" });
    const model = await openLanguageModel(await loadBundle(app.store, id), { threads: 1 });
    try {
      const writing = generate(model, {
        prompt,
        stops,
        tokensMax: wholeNumber(invocation, "tokens", { min: 1, max: limits.completionTokensMax }) ?? tokensDefault,
        temperature: number(invocation, "temperature", 2) ?? 0.8,
        topK: wholeNumber(invocation, "top-k", { min: 0, max: 1e6 }) ?? 0,
        topP: number(invocation, "top-p", 1) ?? 0.95,
        seed: invocation.text("seed") ?? newId("request", app.clock.now()),
        alternatives: 0,
      });
      let text = "";
      for (;;) {
        if (invocation.signal.aborted) throw new Refusal("cancelled", "Cancelled.");
        const { done, value } = await writing.next();
        text += value?.text ?? "";
        if (!done) continue;
        const { reason, promptTokens, writtenTokens } = value;
        return { data: { model: id, text, reason, promptTokens, writtenTokens }, text: `${prompt}${text}` };
      }
    } finally {
      await model.close();
    }
  },
};

function number(invocation: Invocation, name: string, max: number): number | undefined {
  const text = invocation.text(name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value <= max)) {
    throw new Refusal("invalid_request", `--${name} is a number from 0 to ${max}, not "${text}".`, { param: name });
  }
  return value;
}
