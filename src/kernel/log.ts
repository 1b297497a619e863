/** Structured logging as a port: one JSON object a line in the server, silence in tests. Never pass secrets or customer text. */
export interface Log {
  info(facts: Readonly<Record<string, unknown>>, message: string): void;
  warn(facts: Readonly<Record<string, unknown>>, message: string): void;
  error(facts: Readonly<Record<string, unknown>>, message: string): void;
}

export const silentLog: Log = { info: () => {}, warn: () => {}, error: () => {} };
