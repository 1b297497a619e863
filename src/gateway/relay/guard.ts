import type { DetectLanguage } from "../../data/index.ts";
import { Refusal } from "../../kernel/errors.ts";
import { type Json, isObject } from "../../upstream/index.ts";
import type { Guard } from "./policy.ts";

/** Refusals `too_large` and `forbidden`, with one sentence that does not repeat the text. */
export async function assertGuarded(guard: Guard, body: Json, detect: DetectLanguage): Promise<void> {
  const { inputCharsMax, languages, blocked } = guard;
  if (inputCharsMax === null && languages === null && blocked.length === 0) return;
  const texts = textsOf(body);
  const chars = texts.reduce((sum, text) => sum + text.length, 0);
  if (inputCharsMax !== null && chars > inputCharsMax) {
    throw new Refusal("too_large", `The request has ${chars} characters; this product reads at most ${inputCharsMax}.`);
  }
  const hit = blocked.findIndex((pattern) => texts.some((text) => matches(text, pattern)));
  if (hit >= 0)
    throw new Refusal("forbidden", `The request holds a text that this product does not accept (rule ${hit + 1}).`);
  if (languages === null) return;
  const language = await detect(texts.join("\n"));
  if (language !== "und" && !languages.includes(language)) {
    throw new Refusal("forbidden", `This product answers in ${languages.join(", ")}; the request is in ${language}.`);
  }
}

/** What people wrote: contents of messages, inputs, prompts; not names of fields, roles and types. */
function textsOf(body: Json): string[] {
  const found: string[] = [];
  const open: unknown[] = [body["messages"], body["input"], body["prompt"], body["instructions"]];
  while (open.length > 0) {
    const item = open.pop();
    if (typeof item === "string") found.push(item);
    else if (Array.isArray(item)) open.push(...(item as unknown[]));
    else if (isObject(item)) {
      const {
        content,
        text,
        output,
        arguments: given,
        tool_calls: calls,
        function: called,
      } = item as Record<string, unknown>;
      open.push(content, text, output, given, calls, called);
    }
  }
  return found;
}

/** The parts of a pattern between its stars, in their order, within one line. Linear in the text. */
export function matches(text: string, pattern: string): boolean {
  const parts = pattern.toLowerCase().split("*").filter(Boolean);
  return text
    .toLowerCase()
    .split("\n")
    .some((line) => {
      let from = 0;
      return parts.every((part) => {
        const at = line.indexOf(part, from);
        from = at + part.length;
        return at >= 0;
      });
    });
}
