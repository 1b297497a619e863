import { Navigate } from "@tanstack/react-router";
import { Suspense, lazy } from "react";
import { useAuthState } from "../api/auth.ts";
import { ErrorState, Loading } from "../ui/states.tsx";
import { Shell } from "./shell.tsx";
import { withStyles } from "./with-styles.ts";

const entrance = withStyles(() => import("../pages/entrance/index.ts"));
const SignInPage = lazy(async () => ({ default: (await entrance()).SignInPage }));

/** The shell for who is signed in; else the sign-in page at the same address, so that one comes back to where one was. */
export function TeamGate() {
  const { data, error, refetch } = useAuthState();
  if (!data) return error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Loading page />;
  if (!data.set_up && !data.user) return <Navigate to="/set-up" />;
  if (data.user?.realm === "team") return <Shell />;
  if (data.user?.realm === "customer") return <Navigate to="/portal" />;
  if (data.user?.realm === "partner") return <Navigate to="/partner" />;
  return (
    <Suspense fallback={<Loading page />}>
      <SignInPage />
    </Suspense>
  );
}
