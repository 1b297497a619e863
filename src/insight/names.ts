import { limits } from "../kernel/limits.ts";

/** Every row of a paged list. */
export async function namesOf<T>(
  list: (page: {
    limit: number;
    before?: string;
  }) => Promise<{ readonly data: readonly T[]; readonly nextCursor: string | null }>,
): Promise<T[]> {
  const all: T[] = [];
  let cursor: string | null = null;
  do {
    const page: { readonly data: readonly T[]; readonly nextCursor: string | null } = await list({
      limit: limits.listMax,
      ...(cursor ? { before: cursor } : {}),
    });
    all.push(...page.data);
    cursor = page.nextCursor;
  } while (cursor);
  return all;
}
