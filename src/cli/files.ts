import { readFile } from "node:fs/promises";
import { Refusal } from "../kernel/errors.ts";

/** A JSON file that a person wrote. The refusal says which file, and what is wrong with it. */
export async function readJson(file: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    throw new Refusal("invalid_request", `The file ${file} cannot be read: ${(error as NodeJS.ErrnoException).code}.`);
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new Refusal("invalid_request", `The file ${file} is not JSON: ${(error as Error).message}.`);
  }
}
