/** What a page remembers in its address, as texts; what else stands there is left out. */
export const textsOf = <N extends string>(
  search: Record<string, unknown>,
  names: readonly N[],
): Partial<Record<N, string>> =>
  Object.fromEntries(
    names.flatMap((name) => {
      const value = search[name];
      return typeof value === "string" || typeof value === "number" ? [[name, String(value)]] : [];
    }),
  ) as Partial<Record<N, string>>;
