import { expect, it } from "vitest";
import { recordFeedback } from "../../feedback/index.ts";
import { openDesk } from "../../feedback/testing/desk.ts";
import { type Id, newId } from "../../kernel/ids.ts";
import { manualClock } from "../../kernel/clock.ts";
import { deployRelease } from "../../serve/index.ts";
import { describeEachEngine, testEpochMs } from "../../store/testing/engines.ts";
import { experimentsOf } from "./experiment.ts";

describeEachEngine("an experiment on live traffic", (stores) => {
  const opened = async () => {
    const { store, dispose } = await stores.open(manualClock(testEpochMs));
    const desk = await openDesk(store);
    const customer = await desk.customer();
    const endpoint = "spam-filter";
    const [champion, challenger] = [desk.model.id, newId("model", 1)];
    const deploy = async (role: "champion" | "challenger", model: Id<"model">, share = 1): Promise<Id<"release">> =>
      (await store.run(deployRelease, { endpoint, role, model, share, nowMs: desk.now() })).id;
    const say = async (release: Id<"release">, isRight: boolean, times = 1) => {
      for (let i = 0; i < times; i++) {
        const prediction = await desk.predict(customer, "win", { release });
        const said = { customer, prediction: prediction.id };
        await recordFeedback(store, { ...said, signal: { kind: "boolean", value: isRight }, nowMs: desk.now() });
      }
    };
    const look = async () => (await experimentsOf(store, endpoint))[0];
    return { store, desk, customer, champion, challenger, deploy, say, look, dispose };
  };

  it("counts what the split answered since both answer, through a new share, and nothing else", async () => {
    const { desk, champion, challenger, deploy, say, look, dispose } = await opened();
    const first = await deploy("champion", champion);
    await say(first, false, 3); // nobody was beside it yet
    expect(await look()).toBeUndefined();
    const second = await deploy("challenger", challenger, 0.2);
    await say(first, true, 4);
    await say(second, true, 2);
    const third = await deploy("challenger", challenger, 0.5);
    await say(third, false, 1);
    await say(newId("release", desk.now()), false, 5); // of somebody else
    expect(await look()).toMatchObject({
      champion,
      challenger,
      ofChampion: { n: 4, right: 4 },
      ofChallenger: { n: 3, right: 2 },
      verdict: "not_proven",
      isCut: false,
    });
    await dispose();
  });

  it("an answer counts once, as it was first spoken of: a change of mind rewrites nothing", async () => {
    const { store, desk, customer, champion, challenger, deploy, look, dispose } = await opened();
    const release = await deploy("champion", champion);
    await deploy("challenger", challenger, 0.5);
    const prediction = (await desk.predict(customer, "win", { release })).id;
    for (const signal of [
      { kind: "comment", text: "hm" },
      { kind: "boolean", value: false },
      { kind: "boolean", value: true },
      { kind: "rating", value: 5 },
    ] as const) {
      await recordFeedback(store, { customer, prediction, signal, nowMs: desk.now() });
    }
    expect((await look())?.ofChampion).toEqual({ n: 1, right: 0 });
    await dispose();
  });

  it("a challenger that is right where the champion is wrong is found", async () => {
    const { champion, challenger, deploy, say, look, dispose } = await opened();
    const old = await deploy("champion", champion);
    const fresh = await deploy("challenger", challenger, 0.5);
    await say(old, false, 40);
    await say(fresh, true, 40);
    const found = await look();
    expect(found?.verdict).toBe("challenger_better");
    expect(found?.points.at(-1)).toMatchObject({ low: found?.difference.low, high: found?.difference.high });
    expect(found?.points[0]).toMatchObject({ low: -1, high: expect.any(Number) as number });
    await dispose();
  });
});
