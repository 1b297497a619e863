import { isSetUp } from "../../identity/index.ts";
import { limits } from "../../kernel/limits.ts";
import type { Command } from "../command.ts";
import { wholeNumber } from "../command.ts";
import { styled, table } from "../terminal.ts";
import { setUpLink } from "./team.ts";

export const init: Command = {
  name: "init",
  summary: "make a data folder and an operator key",
  args: [],
  options: {},
  example: "millrace init",
  async run({ world }) {
    const created = world.init();
    if (!created) {
      return {
        data: { folder: world.folder, created },
        text: `${world.folder} is a Millrace already; nothing was changed.\n`,
        next: ["millrace doctor"],
      };
    }
    const app = await world.open();
    const operatorKey = await app.createOperatorKey("first operator");
    return {
      data: { folder: world.folder, created, operator_key: operatorKey.reveal() },
      text: [
        `Made ${world.folder}: database, files and settings are all in there.\n`,
        `Operator key, shown only now, for /admin/v1: ${operatorKey.reveal()}\n`,
      ].join(""),
      next: ["millrace dataset import FILE --input COLUMN --label COLUMN"],
    };
  },
};

export const operatorKeyCreate: Command = {
  name: "operator-key create",
  summary: "make another key for the team's HTTP plane",
  args: ["NAME"],
  options: {},
  async run({ world, args }) {
    const app = await world.open();
    const [name = ""] = args;
    const secret = await app.createOperatorKey(name);
    return {
      data: { name, operator_key: secret.reveal() },
      text: `Operator key, shown only now: ${secret.reveal()}\n`,
    };
  },
};

export const configShow: Command = {
  name: "config show",
  summary: "show every setting, its value and where it came from",
  args: [],
  options: {},
  async run({ world }) {
    const { settings } = await world.open();
    const rows = settings.map(({ name, value, source, env }) => [name, value, source, env]);
    return {
      data: { folder: world.folder, settings },
      text: `Data folder: ${world.folder}\n\n${table(["setting", "value", "from", "environment"], rows)}`,
    };
  },
};

export const serve: Command = {
  name: "serve",
  summary: "answer HTTP: the console, /v1 for customers, /admin/v1 for you",
  args: [],
  options: {
    host: { type: "text", help: "address to listen on (default 127.0.0.1)" },
    port: { type: "text", help: "port to listen on (default 4100); 0 picks a free one" },
    workers: { type: "text", value: "N", help: "processes that answer (default 1); more need Postgres" },
  },
  async run(invocation) {
    const { world, terminal, signal, text } = invocation;
    const app = await world.open();
    const host = text("host");
    const port = wholeNumber(invocation, "port", { min: 0, max: 65_535 });
    const workers = wholeNumber(invocation, "workers", { min: 1, max: limits.workersMax });
    const server = await app.serve({
      ...(host ? { host } : {}),
      ...(port === undefined ? {} : { port }),
      ...(workers === undefined ? {} : { workers }),
    });
    const tell = (text: string): void => (server.isWorker === true ? undefined : terminal.err(text));
    tell(`${styled(terminal, "green", "Listening")} on ${server.url}   reference: ${server.url}/docs\n`);
    if (server.isWorker !== true && !(await isSetUp(app.store))) {
      const { url } = await setUpLink(app, server.url);
      terminal.err(`Nobody can sign in to the console yet. Make the first owner, within a day: ${url}\n`);
    }
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener("abort", () => resolve(), { once: true });
    });
    tell("Stopping: finishing the requests in flight.\n");
    await server.stop();
    return { data: { stopped: true }, text: "" };
  },
};
