import {
  type RetentionKind,
  changeRetention,
  listRetention,
  previewRetention,
  retentionKinds,
} from "../../insight/index.ts";
import { Refusal } from "../../kernel/errors.ts";
import { limits } from "../../kernel/limits.ts";
import { type Command, type Invocation, argument } from "../command.ts";
import { table } from "../terminal.ts";

const daysText = (days: number | null): string => (days === null ? "for ever" : `${days} days`);

export const retentionList: Command = {
  name: "retention list",
  summary: "list what is kept how long, of what can be changed",
  args: [],
  options: {},
  async run({ world }) {
    const { store, auditDays } = await world.open();
    const data = await listRetention(store, { auditDays });
    const rows = data.map(({ kind, days, isChanged, daysDefault }) => [
      kind,
      daysText(days),
      isChanged ? `changed; default ${daysText(daysDefault)}` : "",
    ]);
    return { data, text: table(["kind", "kept", ""], rows) };
  },
};

export const retentionSet: Command = {
  name: "retention set",
  summary: "say how long a kind is kept; a running server removes what is older within the hour, for good",
  args: ["KIND", "DAYS"],
  options: { "dry-run": { type: "switch", help: "only say what would be removed" } },
  example: "millrace retention set prediction_texts 90 --dry-run",
  async run(invocation) {
    const { store, clock } = await invocation.world.open();
    const kind = kindOf(argument(invocation, 0, "kind"));
    const days = daysOf(invocation);
    const nowMs = clock.now();
    const preview = typeof days === "number" ? await previewRetention(store, { kind, days, nowMs }) : undefined;
    const removes = preview?.removes ?? 0;
    const many = removes === limits.liveCountMax ? `${removes} or more` : String(removes);
    if (invocation.has("dry-run")) {
      return { data: { kind, days: days ?? null, removes }, text: `The next sweep would remove ${many} of ${kind}.\n` };
    }
    await changeRetention(store, { kind, days, nowMs });
    return { data: { kind, days: days ?? null, removes }, text: `Set. The next sweep removes ${many} of ${kind}.\n` };
  },
};

function kindOf(text: string): RetentionKind {
  const kind = retentionKinds.find((known) => known === text);
  if (kind) return kind;
  throw new Refusal("invalid_request", `"${text}" is not one of ${retentionKinds.join(", ")}.`, {
    param: "kind",
    hint: "Postings, usage, invoices and payments are never removed.",
  });
}

/** A number, `forever`, or `default`. */
function daysOf(invocation: Invocation): number | null | undefined {
  const text = argument(invocation, 1, "number of days");
  if (text === "forever") return null;
  return text === "default" ? undefined : Number(text);
}
