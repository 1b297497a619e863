import { verifyChannel } from "../../channel/index.ts";
import { listDatasets, listVersions, verifyVersion } from "../../data/index.ts";
import { verifyServing } from "../../gateway/index.ts";
import { limits } from "../../kernel/limits.ts";
import { type Check, check, verifyLedger } from "../../ledger/index.ts";
import type { ModelTables } from "../../models/index.ts";
import { verifySell } from "../../sell/index.ts";
import type { Store } from "../../store/index.ts";
import { conservation } from "./conservation.ts";

/** How far an examination is: what it looks at now, and how much of it is behind it. */
export interface ExamineProgress {
  readonly doing: Part;
  readonly done: number;
  readonly of: number;
}

export type Part = "ledger" | "sell" | "channel" | "serving" | "data" | "conservation" | "models";

const parts: readonly { readonly name: Part; look(store: Store, nowMs: number): Promise<readonly Check[]> }[] = [
  { name: "ledger", look: verifyLedger },
  { name: "sell", look: verifySell },
  { name: "channel", look: verifyChannel },
  { name: "serving", look: verifyServing },
  { name: "data", look: checkVersions },
  { name: "conservation", look: async (store) => [await checkConservation(store)] },
  { name: "models", look: async (store) => [await checkModelFiles(store)] },
];

/** Every promise that a data folder or database can be asked about. Reads only, and keeps nobody waiting. */
export async function examine(
  whole: Store,
  nowMs: number,
  onProgress: (progress: ExamineProgress) => void = () => {},
): Promise<Check[]> {
  const store = { ...whole, ...whole.aside };
  const checks: Check[] = [];
  for (const [done, { name, look }] of parts.entries()) {
    onProgress({ doing: name, done, of: parts.length });
    checks.push(...(await look(store, nowMs)));
  }
  return checks;
}

export function isHealthy(checks: readonly Check[]): boolean {
  return checks.length > 0 && checks.every(({ problemCount }) => problemCount === 0);
}

async function checkVersions(store: Store): Promise<Check[]> {
  const problems: string[] = [];
  let looked = 0;
  for (const dataset of await listDatasets(store, { limit: limits.listMax })) {
    for (const version of await listVersions(store, dataset.id, { limit: limits.listMax })) {
      const { state, examples } = await verifyVersion(store, version);
      looked += examples;
      if (state === "damaged") problems.push(`${dataset.name}@${version.number} is not what it was when it was made`);
    }
  }
  return [check("every dataset version is what its digest says", looked, problems)];
}

async function checkConservation(store: Store): Promise<Check> {
  const counts = await conservation(store);
  const problem = `predictions ${counts.predictions}, usage events ${counts.usageEvents} with ${counts.usageUnits} units, invoiced ${counts.invoicedUnits}, open ${counts.openUnits}`;
  return check("answers = usage = invoiced + open units", counts.usageUnits, counts.holds ? [] : [problem]);
}

async function checkModelFiles(store: Store): Promise<Check> {
  const rows = await store.as<ModelTables>().selectFrom("models").select(["id", "files"]).execute();
  const problems: string[] = [];
  let looked = 0;
  for (const { id, files } of rows) {
    for (const [name, digest] of Object.entries(JSON.parse(files) as Record<string, string>)) {
      looked += 1;
      await store.blobs.get(digest).catch((error: Error) => problems.push(`${id} ${name}: ${error.message}`));
    }
  }
  return check("every model file is there and undamaged", looked, problems);
}
