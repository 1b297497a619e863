import { hash32 } from "../kernel/hash.ts";
import type { Challenger, Champion, Endpoint, Shadow } from "./release.ts";

export type AnsweringRelease = Champion | Challenger;
export type Route = Pick<Endpoint, "id" | "champion" | "challengers" | "shadows">;

const uniform = (text: string): number => hash32(text) / 2 ** 32; // in [0, 1)

/**
 * The release that answers this customer, always the same one. Each challenger draws for itself, by its model, so that a
 * customer whom it has stays with it when its share grows, and another model tests on other customers. With shares
 * s1, s2, …: P(first) = s1, P(second) = (1 - s1) * s2 / (1 - s1) = s2, and so on; the champion has the rest.
 */
export function routeRequest(route: Route, customer: string): AnsweringRelease {
  let left = 1;
  for (const challenger of route.challengers) {
    if (uniform(`${route.id}/${challenger.model}/${customer}`) * left < challenger.share) return challenger;
    left -= challenger.share;
  }
  return route.champion;
}

/** The shadows that compute beside this request. */
export function shadowsOf(route: Route, request: string): Shadow[] {
  return route.shadows.filter((shadow) => uniform(`${shadow.id}/${request}`) < shadow.share);
}
