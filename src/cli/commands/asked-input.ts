import { readFile } from "node:fs/promises";
import { prepareImage, rejectionReasons } from "../../data/index.ts";
import { Refusal } from "../../kernel/errors.ts";
import { type Task, inputKindOf } from "../../models/index.ts";

/** What a person typed or piped as a model is asked about it: for a model of images also the path of a file. */
export async function askedInput(given: string, task: Task): Promise<string> {
  const text = given.trim();
  if (text === "") {
    throw new Refusal("invalid_request", "There is no input to ask about.", {
      hint: "Give it after the endpoint, or pipe it in.",
    });
  }
  return inputKindOf(task) === "image" && !text.startsWith("data:") ? imageInput(text) : text;
}

async function imageInput(file: string): Promise<string> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new Refusal("not_found", `${file} cannot be read (${error.code ?? error.message}).`, { param: "input" });
  });
  const prepared = prepareImage(`data:image/png;base64,${bytes.toString("base64")}`); // what it is, its bytes tell
  if (prepared.ok) return prepared.input;
  throw new Refusal("invalid_data", `${file} ${rejectionReasons[prepared.reason]}.`, { param: "input" });
}
