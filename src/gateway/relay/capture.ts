import { redactPersonalData } from "../../data/index.ts";
import { hash32 } from "../../kernel/hash.ts";
import type { Id } from "../../kernel/ids.ts";
import { limits } from "../../kernel/limits.ts";
import type { Queries } from "../../store/index.ts";
import type { Gateway } from "../gateway.ts";
import type { Who } from "../paid-request.ts";
import type { GatewayPolicy, GatewayTables } from "./policy.ts";

/** Whether this request of this customer is kept: by consent, then by its id. */
export function isCaptured({ capture }: GatewayPolicy, { grant }: Who, id: Id<"prediction">): boolean {
  return capture !== null && grant.dataUse === "improve" && hash32(id) / 2 ** 32 < capture.share;
}

export interface NewCapture {
  readonly prediction: Id<"prediction">;
  readonly who: Who;
  readonly door: string;
  readonly request: string;
  readonly answer: string;
}

/** After the answer, dropped when too much waits: a capture never keeps a customer waiting. */
export function startCapture(gateway: Gateway, capture: NewCapture): void {
  const { store, clock, log } = gateway.deps;
  if (gateway.shadows.size >= limits.shadowsWaitingMax) return;
  const { party } = capture.who;
  const row = {
    prediction: capture.prediction,
    product: party.product,
    customer: party.customer,
    door: capture.door,
    request: redacted(capture.request),
    answer: redacted(capture.answer),
    created_at_ms: clock.now(),
  };
  const write = async (): Promise<void> => {
    try {
      await store.as<GatewayTables>().insertInto("gateway_captures").values(row).execute();
    } catch (error) {
      log.warn({ prediction: row.prediction, reason: String(error) }, "nothing was captured");
    }
  };
  const writing = write().finally(() => gateway.shadows.delete(writing));
  gateway.shadows.add(writing);
}

const redacted = (text: string): string => redactPersonalData(text.slice(0, limits.captureCharsMax)).text;

/** A request and its answer, redacted. */
export interface Capture {
  readonly prediction: Id<"prediction">;
  readonly product: Id<"product">;
  readonly customer: Id<"customer">;
  readonly door: string;
  readonly request: string;
  readonly answer: string;
  readonly createdAtMs: number;
}

/** For operators, newest first; `before` is the prediction of the last one seen. */
export async function listCaptures(
  db: Queries,
  {
    product,
    limit,
    before,
  }: { readonly product: Id<"product">; readonly limit: number; readonly before?: string | undefined },
): Promise<Capture[]> {
  let rows = db.as<GatewayTables>().selectFrom("gateway_captures").selectAll().where("product", "=", product);
  if (before !== undefined) rows = rows.where("prediction", "<", before as Id<"prediction">);
  const found = await rows.orderBy("prediction", "desc").limit(limit).execute();
  return found.map(({ created_at_ms: createdAtMs, ...row }) => ({ ...row, createdAtMs }));
}
