import { call, hangUp, millrace, millraceJson } from "./doors.ts";
import type { Shop } from "./sell.ts";
import type { Served } from "./serve.ts";
import { say, shown, step, typed } from "./story.ts";

/** Step 9: the month is closed, the partner's statement, the wheel report, and the proof. */

interface Closed {
  readonly invoices: readonly { readonly id: string; readonly customer: string }[];
}

interface Examined {
  readonly healthy: boolean;
  readonly conservation: { readonly predictions: number; readonly usageEvents: number; readonly invoicedUnits: number };
}

export interface Billed {
  readonly answers: number;
  readonly healthy: boolean;
}

/** Usage may come late by so much; a period closes after it. */
const graceDays = 1;
const dayMs = 86_400_000;

export async function bill(folder: string, shop: Shop, served: Served): Promise<Billed> {
  step(9, "Bill: invoices, commissions, and the proof");
  const usage = await call<{ periods: { end_ms: number }[] }>(
    "GET",
    `${served.server.url}/v1/usage`,
    shop.buyers[0]?.key ?? "",
  );
  const monthEndMs = usage.body.periods[0]?.end_ms ?? 0;
  await served.server.stop();
  hangUp();
  const day = new Date(monthEndMs + graceDays * dayMs + dayMs).toISOString().slice(0, 10);
  typed(["invoice", "close", "--as-of", day]);
  shown((await millrace(folder, ["invoice", "close", "--as-of", day])).stdout);
  const again = await millraceJson<Closed>(folder, ["invoice", "close", "--as-of", day]);
  say(`Closing again issues ${again.invoices.length} more.`);
  const invoices = await millraceJson<{ id: string; customer: string }[]>(folder, ["invoice", "list"]);
  const referred = invoices.find(({ customer }) => customer === shop.buyers[1]?.id);
  if (!referred) throw new Error("the referred customer has no invoice");
  typed(["invoice", "show", referred.id]);
  shown((await millrace(folder, ["invoice", "show", referred.id])).stdout);
  typed(["statement", "show", "Referral partner", "--to", day]);
  shown((await millrace(folder, ["statement", "show", "Referral partner", "--to", day])).stdout);
  typed(["report"]);
  shown((await millrace(folder, ["report"])).stdout);
  typed(["doctor"]);
  shown((await millrace(folder, ["doctor"])).stdout);
  const examined = await millraceJson<Examined>(folder, ["doctor"]);
  const { predictions, usageEvents, invoicedUnits } = examined.conservation;
  const answers = served.answers.length;
  const equal = answers === predictions && predictions === usageEvents && usageEvents === invoicedUnits;
  say(
    `The proof: ${answers} answers over HTTP ${equal ? "=" : "≠"} ${predictions} predictions recorded ${equal ? "=" : "≠"} ` +
      `${usageEvents} usage events ${equal ? "=" : "≠"} ${invoicedUnits} units on invoices.`,
  );
  if (!equal || !examined.healthy) throw new Error("the counts differ, or doctor found something");
  return { answers, healthy: examined.healthy };
}
