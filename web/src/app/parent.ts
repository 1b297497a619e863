import { createRootRoute, createRoute } from "@tanstack/react-router";
import { Frame } from "./frame.tsx";
import { TeamGate } from "./team-gate.tsx";

/** Everything: error boundary and the notice of a lost connection. */
export const rootRoute = createRootRoute({ component: Frame });

/** The team's pages: inside the shell, for who is signed in. Routes of an area have this one as their parent. */
export const teamRoute = createRoute({ getParentRoute: () => rootRoute, id: "team", component: TeamGate });
