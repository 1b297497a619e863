import { Button } from "@mantine/core";
import { Link, Outlet } from "@tanstack/react-router";
import { type ReactNode, Suspense } from "react";
import { type User, useAuthState, useForgetEverything } from "../api/auth.ts";
import { call } from "../api/client.ts";
import { Support, useBrand } from "../app/brand-of-business.tsx";
import type { Path } from "../app/path.ts";
import { Preferences } from "../app/user-menu.tsx";
import type { TextKey } from "../i18n/language.ts";
import { useText } from "../i18n/text.ts";
import { Door } from "../pages/entrance/door.tsx";
import { SignInPage } from "../pages/entrance/sign-in-page.tsx";
import { ErrorState, Loading } from "../ui/states.tsx";
import styles from "./realm-frame.module.css";

export interface RealmPlace {
  readonly name: TextKey;
  readonly to: Path;
}

/** The pages of a customer's or a partner's user; the sign-in page for who is not signed in. */
export function RealmGate({
  realm,
  places,
}: {
  readonly realm: "customer" | "partner";
  readonly places: readonly RealmPlace[];
}) {
  const { t } = useText();
  const { data, error, refetch } = useAuthState();
  if (!data) return error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Loading page />;
  if (!data.user) return <SignInPage />;
  if (data.user.realm !== realm) {
    return (
      <Door title={t("portal.title")} text={t("portal.team_side")}>
        <Button component={Link} to="/" variant="light">
          {t("portal.console")}
        </Button>
      </Door>
    );
  }
  return (
    <RealmFrame places={places} user={data.user}>
      <Outlet />
    </RealmFrame>
  );
}

interface FrameProps {
  readonly places: readonly RealmPlace[];
  readonly user?: User | undefined;
  readonly children: ReactNode;
}

/** Brand, places, language and theme above; the page below. */
export function RealmFrame({ places, user, children }: FrameProps) {
  const { t } = useText();
  const brand = useBrand();
  const forget = useForgetEverything();
  const signOut = async (): Promise<void> => {
    await call("POST /auth/v1/sign-out", {});
    await forget();
  };
  return (
    <div className={styles["frame"]}>
      <header className={styles["top"]}>
        <span className={styles["brand"]}>
          {brand?.name ?? (
            <>
              <img src="/favicon.svg" alt="" width={24} height={24} /> {t("shell.product")}
            </>
          )}
        </span>
        <nav className={styles["nav"]} aria-label={t("shell.navigation")}>
          {places.map(({ name, to }) => (
            <Link key={to} to={to} activeOptions={{ exact: true }}>
              {t(name)}
            </Link>
          ))}
        </nav>
        <Preferences />
        {user && (
          <>
            <span className={styles["who"]}>{user.name}</span>
            <Button variant="subtle" size="xs" onClick={() => void signOut()}>
              {t("shell.sign_out")}
            </Button>
          </>
        )}
      </header>
      <main id="main" tabIndex={-1} className={styles["main"]}>
        <Suspense fallback={<Loading />}>{children}</Suspense>
        <Support brand={brand} />
      </main>
    </div>
  );
}
