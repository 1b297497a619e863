import { Navigate } from "@tanstack/react-router";
import { Suspense, lazy } from "react";
import { useAuthState } from "../api/auth.ts";
import { ErrorState, Loading } from "../ui/states.tsx";
import { Shell } from "./shell.tsx";

const SignInPage = lazy(async () => ({ default: (await import("../pages/entrance/index.ts")).SignInPage }));
const OtherRealm = lazy(async () => ({ default: (await import("../pages/entrance/index.ts")).OtherRealm }));

/** The shell for who is signed in; else the sign-in page at the same address, so that one comes back to where one was. */
export function TeamGate() {
  const { data, error, refetch } = useAuthState();
  if (!data) return error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Loading page />;
  if (!data.set_up && !data.user) return <Navigate to="/set-up" />;
  if (data.user?.realm === "team") return <Shell />;
  return <Suspense fallback={<Loading page />}>{data.user ? <OtherRealm /> : <SignInPage />}</Suspense>;
}
