import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { useText } from "../i18n/text.ts";
import { Icon } from "../ui/icon.tsx";
import { useConnected } from "./connection.ts";
import styles from "./shell.module.css";

const askAgainMs = 3_000;

/** Says that the server is away, and asks what is shown again until it answers. */
export function ConnectionNotice() {
  const { t } = useText();
  const up = useConnected();
  const client = useQueryClient();
  useEffect(() => {
    if (up) return undefined;
    const asking = setInterval(() => void client.refetchQueries({ type: "active" }), askAgainMs);
    return () => clearInterval(asking);
  }, [up, client]);
  return (
    <div role="status" aria-live="assertive" className={styles["connection"]} data-up={up}>
      {up ? null : (
        <>
          <Icon name="warning" size={16} /> {t("shell.connection_lost")}
        </>
      )}
    </div>
  );
}
