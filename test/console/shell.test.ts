import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Console, hasChromium, openConsole, openingMsMax } from "./harness.ts";
import { lookAt } from "./look.ts";

describe.runIf(hasChromium())("the shell", () => {
  let opened: Console;
  beforeAll(async () => void (opened = await openConsole()), openingMsMax);
  afterAll(() => opened?.close());

  it("home and a place that is not there have no barrier and no complaint", async () => {
    const found = await lookAt(opened, [
      ["home", "/"],
      ["not-found", "/nowhere"],
    ]);
    expect(found).toEqual([]);
  });

  it("nor do the doors of who is not signed in", async () => {
    const doors = [
      ["sign-in", "/"],
      ["enter", "/enter"],
    ] as const;
    expect(await lookAt(opened, doors, { role: null })).toEqual([]);
  });
});
