import { useSyncExternalStore } from "react";
import { createFlag } from "../api/flag.ts";

/** Whether the server answered last. The shell says so and asks again until it does. */
export const connection = createFlag(true);

export const useConnected = (): boolean => useSyncExternalStore(connection.subscribe, connection.is);
