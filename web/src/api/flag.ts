/** A yes or no of the window that components follow by `useSyncExternalStore`. */
export interface Flag {
  is(): boolean;
  set(next: boolean): void;
  subscribe(listener: () => void): () => void;
}

export function createFlag(first: boolean): Flag {
  const listeners = new Set<() => void>();
  let value = first;
  return {
    is: () => value,
    set(next) {
      if (value === next) return;
      value = next;
      for (const listener of listeners) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
