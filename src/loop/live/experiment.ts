import { type FirstSide, firstSides } from "../../feedback/index.ts";
import type { Id } from "../../kernel/ids.ts";
import { limits } from "../../kernel/limits.ts";
import { type Challenger, type Champion, type Release, getEndpoint, listReleases } from "../../serve/index.ts";
import type { Queries } from "../../store/index.ts";
import { type Bounds, type Sequence, beginning, differenceOf, observe } from "./sequence.ts";

/** What live feedback says of a challenger; it decides nothing by itself. */
export type LiveVerdict = "challenger_better" | "challenger_worse" | "not_proven";

export interface Arm {
  readonly n: number;
  readonly right: number;
}

export interface Experiment {
  readonly champion: Id<"model">;
  readonly challenger: Id<"model">;
  /** Since when both answer. */
  readonly sinceMs: number;
  readonly ofChampion: Arm;
  readonly ofChallenger: Arm;
  /** Share of right answers, the challenger's less the champion's, with its interval that holds at all times together. */
  readonly difference: Bounds;
  readonly verdict: LiveVerdict;
  /** How it came to be, at most `limits.experimentPointsMax`. */
  readonly points: readonly (Bounds & { readonly atMs: number })[];
  /** Only the first `limits.experimentLabelsMax` answers with feedback are counted. */
  readonly isCut: boolean;
}

const alpha = 0.05;

/** One for each challenger that is live, by the answers that the split of customers gave and that somebody spoke of. */
export async function experimentsOf(db: Queries, endpoint: string): Promise<Experiment[]> {
  const { champion, challengers } = await getEndpoint(db, endpoint);
  if (challengers.length === 0) return [];
  const releases = await listReleases(db, { endpoint, limit: limits.listMax });
  const limit = limits.experimentLabelsMax;
  const sides = await firstSides(db, { endpoint, sinceMs: champion.deployedAtMs, limit });
  return challengers.map((challenger) => ({
    ...experimentOf(champion, challenger, releases, sides),
    isCut: sides.length === limit,
  }));
}

interface Time {
  readonly id: Id<"release">;
  readonly fromMs: number;
  readonly toMs: number;
}

/** When this model was challenger of this champion: a new share is a new release of the same model. */
function timesOf(champion: Champion, challenger: Challenger, releases: readonly Release[]): Time[] {
  return releases.flatMap((release) => {
    const isChallenger =
      release.state === "challenger" || (release.state === "retired" && release.was === "challenger");
    if (!isChallenger || release.model !== challenger.model) return [];
    const toMs = release.state === "retired" ? release.retiredAtMs : Number.MAX_SAFE_INTEGER;
    if (toMs <= champion.deployedAtMs) return [];
    return [{ id: release.id, fromMs: Math.max(release.deployedAtMs, champion.deployedAtMs), toMs }];
  });
}

function experimentOf(
  champion: Champion,
  challenger: Challenger,
  releases: readonly Release[],
  sides: readonly FirstSide[],
): Omit<Experiment, "isCut"> {
  const times = timesOf(champion, challenger, releases);
  const own = new Set<string>(times.map(({ id }) => id));
  const isOfSplit = ({ release, predictedAtMs: at }: FirstSide): boolean =>
    times.some(({ fromMs, toMs }) => at >= fromMs && at < toMs) && (release === champion.id || own.has(release));
  const counted = sides.filter(isOfSplit);
  const every = Math.max(1, Math.ceil(counted.length / limits.experimentPointsMax));
  let [a, b]: [Sequence, Sequence] = [beginning, beginning];
  const points: Experiment["points"][number][] = [];
  for (const [i, { release, isRight, saidAtMs }] of counted.entries()) {
    if (own.has(release)) b = observe(b, isRight ? 1 : 0);
    else a = observe(a, isRight ? 1 : 0);
    const isLast = i === counted.length - 1;
    if (isLast || (i + 1) % every === 0) points.push({ atMs: saidAtMs, ...differenceOf(a, b, alpha) });
  }
  const difference = differenceOf(a, b, alpha);
  return {
    champion: champion.model,
    challenger: challenger.model,
    sinceMs: Math.min(...times.map(({ fromMs }) => fromMs)),
    ofChampion: { n: a.n, right: a.sum },
    ofChallenger: { n: b.n, right: b.sum },
    difference,
    verdict: verdictOf(difference),
    points,
  };
}

function verdictOf({ low, high }: Bounds): LiveVerdict {
  if (low > 0) return "challenger_better";
  return high < 0 ? "challenger_worse" : "not_proven";
}
