import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { ApiError, ConnectionLost, isSignedOut } from "../api/client.ts";
import { connection } from "./connection.ts";

/** Reads are tried again when the connection was lost, never when the server refused; a 401 anywhere asks who we are. */
export function createQueryClient(): QueryClient {
  const heard = (error: unknown): void => {
    if (error instanceof ConnectionLost) connection.set(false);
    if (isSignedOut(error)) void client.invalidateQueries({ queryKey: ["GET /auth/v1/state"] });
  };
  const client = new QueryClient({
    queryCache: new QueryCache({ onError: heard, onSuccess: () => connection.set(true) }),
    mutationCache: new MutationCache({ onError: heard, onSuccess: () => connection.set(true) }),
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        networkMode: "always",
        retry: (failures, error) => !(error instanceof ApiError) && failures < 2,
        retryDelay: (failures) => 500 * 2 ** failures,
      },
      mutations: { networkMode: "always" },
    },
  });
  return client;
}
