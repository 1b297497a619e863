import { access } from "node:fs/promises";
import path from "node:path";
import {
  type Encoder,
  convertUniversalSentenceEncoder,
  listEncoders,
  publishEncoder,
  publishVectors,
  readEncoder,
  registerEncoder,
  renderEncoders,
} from "../../models/index.ts";
import { isId } from "../../kernel/ids.ts";
import { type Command, argument } from "../command.ts";

export const encoderImport: Command = {
  name: "encoder import",
  summary: "bring a pretrained text encoder, for recipes to name",
  args: ["FOLDER"],
  options: {
    name: { type: "text", help: "what recipes call it (default: its own name)" },
  },
  example: "millrace encoder import ./model-embeddings-en --name use-lite",
  async run(invocation) {
    const app = await invocation.world.open();
    const encoder = await readFolder(argument(invocation, 0, "encoder's folder"));
    const name = invocation.text("name") ?? encoder.name;
    const registered = await registerEncoder(app.store, { name, encoder, nowMs: app.clock.now() });
    return {
      data: registered,
      text: renderEncoders([registered]),
      next: ["millrace run start DATASET --recipe text-encoder", `millrace encoder publish ${name}`],
    };
  },
};

/** Our own layout, Hugging Face's, or the TensorFlow.js files of the Universal Sentence Encoder as npm has them. */
async function readFolder(folder: string): Promise<Encoder> {
  for (const place of [folder, path.join(folder, "dist")]) {
    const isTensorFlow = await access(path.join(place, "model.json")).then(
      () => true,
      () => false,
    );
    if (isTensorFlow) return convertUniversalSentenceEncoder(place);
  }
  return readEncoder(folder);
}

export const encoderPublish: Command = {
  name: "encoder publish",
  summary: "make a model of vectors of an encoder, or of the one within a model",
  args: ["NAME"],
  options: {},
  example: "millrace encoder publish use-lite",
  async run(invocation) {
    const { store, clock } = await invocation.world.open();
    const from = argument(invocation, 0, "encoder's name, or a model's id");
    const nowMs = clock.now();
    const model = await (isId("model", from)
      ? publishVectors(store, { model: from, nowMs })
      : publishEncoder(store, { encoder: from, nowMs }));
    return {
      data: model,
      text: `${from} is a model of vectors now.\n  model ${model.id}\n`,
      next: [`millrace endpoint deploy ${isId("model", from) ? "vectors" : from} ${model.id}`],
    };
  },
};

export const encoderList: Command = {
  name: "encoder list",
  summary: "pretrained encoders that recipes can name",
  args: [],
  options: {},
  async run(invocation) {
    const { store } = await invocation.world.open();
    const encoders = await listEncoders(store);
    return { data: encoders, text: renderEncoders(encoders) };
  },
};
