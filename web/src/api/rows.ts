import { useQueries } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";
import { type Input, type Item, call } from "./client.ts";
import { type Lists, withCursor } from "./queries.ts";

/** Rows of which only those near what is seen are kept: the others come again when they are seen again. */
export interface Rows<T> {
  /** So far. */
  readonly count: number;
  /** Undefined while it is on its way. */
  at(index: number): T | undefined;
  /** Tells which rows are in sight. */
  see(first: number, last: number): void;
  readonly hasMore: boolean;
  /** Nothing is known yet. */
  readonly isLoading: boolean;
  readonly error: unknown;
  refetch(): void;
}

/** What is known of a list's pages, in their order. */
interface Pages {
  /** The list they are of. */
  readonly name: string;
  /** Where each begins: the first at "", each other one where the one before it said. */
  readonly starts: readonly string[];
  /** How many rows each has; the last one's are not known before it came. */
  readonly lengths: readonly number[];
}

const firstOf = (name: string): Pages => ({ name, starts: [""], lengths: [] });

/** Which of a list's rows are in sight. */
interface Sight {
  readonly name: string;
  readonly first: number;
  readonly last: number;
}

/** Rows that are asked for before they are seen. */
const ahead = 60;
/** How long a page that is out of sight is kept. */
const keepMs = 30_000;

/** A list of any length, page by page as one scrolls; of a million rows a browser holds a few hundred. */
export function useRows<R extends Lists>(
  route: R,
  input: Input<R>,
  { enabled = true }: { readonly enabled?: boolean } = {},
): Rows<Item<R>> {
  const name = JSON.stringify([route, input]);
  const [kept, setKept] = useState(() => firstOf(name));
  const [sight, setSight] = useState<Sight>({ name, first: 0, last: 0 });
  const known = kept.name === name ? kept : firstOf(name);
  const seen = pagesSeen(known, sight.name === name ? sight : { name, first: 0, last: 0 });
  const answers = useQueries({
    queries: seen.map((page) => ({
      queryKey: [route, input, "page", known.starts[page]],
      queryFn: async ({ signal }: { readonly signal: AbortSignal }) =>
        pageOf<Item<R>>(await call(route, withCursor(input, known.starts[page] || undefined), signal)),
      gcTime: keepMs,
      enabled,
    })),
  });
  const pages = answers.reduce((sofar, { data }, i) => {
    const page = seen[i] ?? 0;
    const isOfIt = sofar.starts[page] === known.starts[page]; // it may have moved with what came before it
    return data && isOfIt ? withPage(sofar, page, data) : sofar;
  }, known);
  if (pages !== kept) setKept(pages);
  const offsets = useMemo(() => offsetsOf(pages.lengths), [pages.lengths]);
  const see = useCallback(
    (first: number, last: number) =>
      setSight((before) =>
        before.name === name && before.first === first && before.last === last ? before : { name, first, last },
      ),
    [name],
  );
  const failed = answers.find(({ error }) => error);
  return {
    count: offsets.at(-1) ?? 0,
    at(index) {
      const page = pageAt(offsets, index);
      return answers[seen.indexOf(page)]?.data?.rows[index - (offsets[page] ?? 0)];
    },
    see,
    hasMore: pages.starts.length > pages.lengths.length,
    isLoading: pages.lengths.length === 0 && !failed,
    error: failed?.error ?? null,
    refetch: () => answers.forEach(({ refetch }) => void refetch()),
  };
}

interface Page<T> {
  readonly rows: readonly T[];
  readonly next: string | null;
}

function pageOf<T>(answer: unknown): Page<T> {
  const { data, next_cursor: next } = answer as { readonly data: readonly T[]; readonly next_cursor: string | null };
  return { rows: data, next };
}

/** When a page ends elsewhere than it did, all after it begin elsewhere too: they are forgotten. */
function withPage(known: Pages, page: number, { rows, next }: Page<unknown>): Pages {
  const isSame = known.lengths[page] === rows.length && (known.starts[page + 1] ?? null) === next;
  if (isSame) return known;
  const moved = (known.starts[page + 1] ?? null) !== next;
  const starts = moved ? [...known.starts.slice(0, page + 1), ...(next === null ? [] : [next])] : known.starts;
  const lengths = moved ? known.lengths.slice(0, page) : [...known.lengths];
  lengths[page] = rows.length;
  return { ...known, starts, lengths };
}

/**
 * The pages of the rows in sight and of those near them; near the end of what came also the next, which may be empty where
 * a filter finds nothing for long.
 */
function pagesSeen({ starts, lengths }: Pages, { first, last }: Sight): readonly number[] {
  const offsets = offsetsOf(lengths);
  const from = Math.min(pageAt(offsets, Math.max(0, first - ahead)), starts.length - 1);
  const to = last + ahead < (offsets.at(-1) ?? 0) ? pageAt(offsets, last + ahead) : lengths.length;
  const seen: number[] = [];
  for (let page = from; page <= Math.min(to, starts.length - 1); page++) seen.push(page);
  return seen;
}

/** Where each page's rows begin, and after them how many there are. */
function offsetsOf(lengths: readonly number[]): readonly number[] {
  const offsets = [0];
  for (const length of lengths) offsets.push((offsets.at(-1) ?? 0) + length);
  return offsets;
}

/** The page that has a row: the last one that begins at it or before. */
function pageAt(offsets: readonly number[], index: number): number {
  let [low, high] = [0, offsets.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((offsets[middle] ?? 0) <= index) low = middle;
    else high = middle - 1;
  }
  return low;
}
