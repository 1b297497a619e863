import { useSyncExternalStore } from "react";

/** Whether the server answered last. The shell says so and asks again until it does. */
export const connection = createConnection();

export const useConnected = (): boolean => useSyncExternalStore(connection.subscribe, connection.isUp);

function createConnection() {
  const listeners = new Set<() => void>();
  let up = true;
  const change = (value: boolean): void => {
    if (up === value) return;
    up = value;
    for (const listener of listeners) listener();
  };
  return {
    lost: () => change(false),
    found: () => change(true),
    isUp: () => up,
    subscribe(listener: () => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
