/** A module as it is shipped, seen from `dist/tools/bench`: the type is the source's. */
export const shipped = <T>(name: string): Promise<T> =>
  import(new URL(`../../${name}.js`, import.meta.url).href) as Promise<T>;
