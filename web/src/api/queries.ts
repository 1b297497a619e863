import {
  type QueryClient,
  keepPreviousData,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { useMemo, useSyncExternalStore } from "react";
import { type Answer, type Input, type Item, type RouteName, call } from "./client.ts";
import { createFlag } from "./flag.ts";

type Gets = Extract<RouteName, `GET ${string}`>;
type Posts = Extract<RouteName, `POST ${string}`>;
/** Routes that answer with a page: `{ data, next_cursor }`. */
export type Lists = { [R in Gets]: Answer<R> extends { readonly next_cursor: string | null } ? R : never }[Gets];

/** Whether news come by themselves (`live.ts`); while they do, nothing is asked by the clock. */
export const streaming = createFlag(false);

const useStreaming = (): boolean => useSyncExternalStore(streaming.subscribe, streaming.is);

/** One answer, kept for a while and shared by everybody who asks the same. */
export function useGet<R extends Gets>(
  route: R,
  input: Input<R>,
  options: {
    readonly enabled?: boolean;
    readonly everyMs?: number | ((known?: Answer<R>) => number | false);
    /** There are no news of it: the clock asks in any case. */
    readonly isUntold?: boolean;
  } = {},
) {
  const everyMs = useStreaming() && !options.isUntold ? undefined : options.everyMs;
  return useQuery({
    queryKey: [route, input],
    queryFn: ({ signal }) => call(route, input, signal),
    enabled: options.enabled ?? true,
    placeholderData: keepPreviousData,
    ...(everyMs ? { refetchInterval: intervalOf<R>(everyMs) } : {}),
  });
}

const intervalOf =
  <R extends Gets>(everyMs: number | ((known?: Answer<R>) => number | false)) =>
  ({ state }: { readonly state: { readonly data: unknown } }): number | false =>
    typeof everyMs === "number" ? everyMs : everyMs(state.data as Answer<R> | undefined);

/** A list of any length: `items` so far, and `fetchNextPage` while there is more. */
export function useList<R extends Lists>(
  route: R,
  input: Input<R>,
  options: { readonly enabled?: boolean; readonly everyMs?: number } = {},
) {
  const everyMs = useStreaming() ? undefined : options.everyMs;
  const found = useInfiniteQuery({
    queryKey: [route, input, "pages"],
    queryFn: ({ pageParam, signal }) => call(route, withCursor(input, pageParam), signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => (page as unknown as { next_cursor: string | null }).next_cursor ?? undefined,
    enabled: options.enabled ?? true,
    placeholderData: keepPreviousData,
    ...(everyMs ? { refetchInterval: everyMs } : {}),
  });
  const pages = found.data?.pages;
  const items = useMemo(
    () => (pages ?? []).flatMap((page) => (page as unknown as { data: readonly Item<R>[] }).data),
    [pages],
  );
  return { ...found, items };
}

const pageSize = 100;

export function withCursor<R extends RouteName>(input: Input<R>, cursor: string | undefined): Input<R> {
  const { query } = input as unknown as { readonly query?: object };
  return { ...input, query: { limit: pageSize, ...query, ...(cursor ? { cursor } : {}) } };
}

/** A change. What it `touches` is asked anew: the beginnings of routes, like `GET /admin/v1/products`. */
export function usePost<R extends Posts>(
  route: R,
  options: { readonly touches?: readonly string[]; readonly onDone?: (answer: Answer<R>) => void } = {},
) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (input: Input<R>) => call(route, input),
    onSuccess: async (answer) => {
      await refresh(client, options.touches ?? []);
      options.onDone?.(answer);
    },
  });
}

/** Asks everything anew whose route begins with one of these. */
export async function refresh(client: QueryClient, beginnings: readonly string[]): Promise<void> {
  await client.invalidateQueries({
    predicate: ({ queryKey: [route] }) =>
      typeof route === "string" && beginnings.some((beginning) => route.startsWith(beginning)),
  });
}
