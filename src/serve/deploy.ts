import { Refusal } from "../kernel/errors.ts";
import { type Store, isUniqueViolation } from "../store/index.ts";
import type { Release } from "./release.ts";
import {
  type Deployment,
  type Retirement,
  type RollBack,
  deployRelease,
  retireRelease,
  rollBackRelease,
} from "./release-units.ts";

/** Atomic: callers of the endpoint meet the old releases or the new ones. Its first champion makes the endpoint. */
export async function deploy(store: Store, deployment: Deployment): Promise<Release> {
  const { getModel } = await import("../models/index.ts"); // heavy, and units load this folder in the writer thread
  const { task } = await getModel(store, deployment.model);
  if (task === "text-embedding" && deployment.role !== "champion") {
    throw new Refusal("invalid_request", "A model that gives vectors is only ever a champion.", {
      param: "role",
      hint: "Vectors of two models cannot be compared: put another one behind an endpoint of its own.",
    });
  }
  try {
    return await store.run(deployRelease, deployment);
  } catch (error) {
    if (!isUniqueViolation(error)) throw error; // two first deployments at once: the endpoint's name decides
    throw new Refusal(
      "conflict",
      `Another deployment to ${deployment.endpoint} was first. Look at it, then try again.`,
    );
  }
}

/** Brings back what the champion replaced; called again it goes one further back. */
export function rollBack(store: Store, input: RollBack): Promise<Release> {
  return store.run(rollBackRelease, input);
}

/** Ends a challenger or a shadow. */
export function retire(store: Store, input: Retirement): Promise<Release> {
  return store.run(retireRelease, input);
}
