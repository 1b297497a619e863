import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Id, newId } from "../kernel/ids.ts";
import { seededRandom } from "../kernel/random.ts";
import type { Challenger, Route } from "./index.ts";
import { routeRequest, shadowsOf } from "./index.ts";

const random = seededRandom(5);
const idOf = <K extends "model" | "release" | "endpoint" | "customer">(kind: K): Id<K> =>
  newId(
    kind,
    1,
    Uint8Array.from({ length: 10 }, () => random.below(256)),
  );

function routeWith(shares: readonly number[], id = idOf("endpoint")): Route {
  const facts = (): Omit<Challenger, "state" | "share"> => ({
    id: idOf("release"),
    endpoint: id,
    model: idOf("model"),
    reason: "",
    deployedAtMs: 0,
  });
  return {
    id,
    champion: { ...facts(), state: "champion", previous: null },
    challengers: shares.map((share) => ({ ...facts(), state: "challenger", share })),
    shadows: [],
  };
}

const customers = Array.from({ length: 20_000 }, () => idOf("customer"));
const shareOf = (route: Route, i: number): number =>
  customers.filter((customer) => routeRequest(route, customer) === route.challengers[i]).length / customers.length;

describe("a route", () => {
  it("gives each challenger its share of the customers, whatever the shares", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0.01, max: 0.33, noNaN: true }), { maxLength: 3 }), (shares) => {
        const route = routeWith(shares);
        for (const [i, share] of shares.entries()) expect(Math.abs(shareOf(route, i) - share)).toBeLessThan(0.02);
      }),
      { seed: 11, numRuns: 8 },
    );
  });
  it("gives everybody to a challenger with share 1, nobody without challengers", () => {
    expect(shareOf(routeWith([1]), 0)).toBe(1);
    expect(routeRequest(routeWith([]), "cus_1").state).toBe("champion");
  });
  it("keeps a challenger's customers when its share grows", () => {
    const small = routeWith([0.1]);
    const large: Route = { ...small, challengers: small.challengers.map((each) => ({ ...each, share: 0.3 })) };
    const inSmall = customers.filter((customer) => routeRequest(small, customer).state === "challenger");
    expect(inSmall.length).toBeGreaterThan(1_000);
    for (const customer of inSmall) expect(routeRequest(large, customer).state).toBe("challenger");
  });
  it("tests the next challenger on other customers", () => {
    const id = idOf("endpoint");
    const [first, second] = [routeWith([0.5], id), routeWith([0.5], id)];
    const both = customers.filter(
      (customer) =>
        routeRequest(first, customer).state === "challenger" && routeRequest(second, customer).state === "challenger",
    );
    expect(Math.abs(both.length / customers.length - 0.25)).toBeLessThan(0.02);
  });
  it("shadows its share of the requests, not of the customers", () => {
    const route = routeWith([]);
    const shadow = { ...route.champion, id: idOf("release"), state: "shadow" as const, share: 0.25 };
    const requests = customers.map((_, i) => `pred_${i}`);
    const shadowed = requests.filter((request) => shadowsOf({ ...route, shadows: [shadow] }, request).length === 1);
    expect(Math.abs(shadowed.length / requests.length - 0.25)).toBeLessThan(0.02);
  });
});
