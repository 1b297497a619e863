import { useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useUser, useForgetEverything } from "../api/auth.ts";
import { call } from "../api/client.ts";
import { type Language, languages, speak } from "../i18n/language.ts";
import { useText } from "../i18n/text.ts";
import { Icon } from "../ui/icon.tsx";
import styles from "./shell.module.css";

/** Language and theme; also on the pages before one is signed in. */
export function Preferences() {
  const { t, language } = useText();
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme("light");
  const other: Language = language === "en" ? "zh" : "en";
  const dark = scheme === "dark";
  return (
    <div className={styles["preferences"]}>
      <button
        type="button"
        className={styles["quiet"]}
        lang={languages[other].locale}
        onClick={() => void speak(other)}
      >
        <Icon name="language" size={16} /> {languages[other].name}
      </button>
      <button type="button" className={styles["quiet"]} onClick={() => setColorScheme(dark ? "light" : "dark")}>
        <Icon name={dark ? "sun" : "moon"} size={16} /> {t(dark ? "shell.light" : "shell.dark")}
      </button>
    </div>
  );
}

/** Who is signed in, and the way out. */
export function UserMenu() {
  const { t, word } = useText();
  const user = useUser();
  const forget = useForgetEverything();
  const signOut = async (): Promise<void> => {
    await call("POST /auth/v1/sign-out", {});
    await forget();
  };
  return (
    <div className={styles["user"]}>
      <Icon name="user" size={20} />
      <Link to="/account" title={t("settings.account")}>
        <strong>{user.name}</strong>
        <small>{user.role ? word("role", user.role) : user.email}</small>
      </Link>
      <button
        type="button"
        className={styles["iconButton"]}
        aria-label={t("shell.sign_out")}
        title={t("shell.sign_out")}
        onClick={() => void signOut()}
      >
        <Icon name="out" />
      </button>
    </div>
  );
}
