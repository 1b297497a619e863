import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { type Answer, call } from "./client.ts";

export type AuthState = Answer<"GET /auth/v1/state">;
export type User = NonNullable<AuthState["user"]>;
export type Area = keyof User["areas"];
export type Access = User["areas"][Area];

const key = ["GET /auth/v1/state"] as const;

/** Who is signed in, and whether anybody was ever set up. Asked once, then again when something was refused. */
export function useAuthState() {
  return useQuery({
    queryKey: key,
    queryFn: ({ signal }) => call("GET /auth/v1/state", {}, signal),
    staleTime: Infinity,
    retry: 2,
  });
}

/** The signed-in user; for pages inside the shell, where there is one. */
export function useUser(): User {
  const { data } = useAuthState();
  if (!data?.user) throw new Error("There is no user outside the shell.");
  return data.user;
}

/** Whether the user may see, or change, a part of the console. */
export function useMay(): (area: Area, access?: Exclude<Access, "none">) => boolean {
  const { areas } = useUser();
  return useCallback(
    (area, access = "read") => areas[area] === "write" || (areas[area] === "read" && access === "read"),
    [areas],
  );
}

/** After signing in or out: everything known belongs to another user. */
export function useForgetEverything(): () => Promise<void> {
  const client = useQueryClient();
  return useCallback(async () => {
    client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== key[0] });
    await client.invalidateQueries({ queryKey: key });
  }, [client]);
}
