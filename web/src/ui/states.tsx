import { Button, Loader } from "@mantine/core";
import type { ReactNode } from "react";
import { ApiError, ConnectionLost } from "../api/client.ts";
import { useText } from "../i18n/text.ts";
import { Icon, type IconName } from "./icon.tsx";
import styles from "./states.module.css";

/** Something is on its way; `page` takes the whole window. */
export function Loading({ page = false }: { readonly page?: boolean }) {
  const { t } = useText();
  return (
    <div className={styles["loading"]} data-page={page} role="status">
      <Loader size="sm" aria-hidden="true" />
      <span className={styles["hidden"]}>{t("state_of_page.loading")}</span>
    </div>
  );
}

interface EmptyProps {
  readonly icon: IconName;
  readonly title: string;
  /** What to do so that something is here. */
  readonly text?: ReactNode;
  /** Where it is the whole page, its title is the page's heading. */
  readonly level?: 1 | 2;
  readonly children?: ReactNode;
}

/** Nothing is here yet, and how to change that. */
export function EmptyState({ icon, title, text, level = 2, children }: EmptyProps) {
  return (
    <div className={styles["state"]}>
      <Icon name={icon} size={32} />
      {level === 1 ? <h1>{title}</h1> : <h2>{title}</h2>}
      {text && <p>{text}</p>}
      {children}
    </div>
  );
}

interface ErrorProps {
  readonly error: unknown;
  readonly onRetry?: () => void;
}

/** What went wrong in the server's own sentence, with the request to name when one asks for help. */
export function ErrorState({ error, onRetry }: ErrorProps) {
  const { t } = useText();
  const message = useErrorText()(error);
  return (
    <div className={styles["state"]} data-tone="bad" role="alert">
      <Icon name="warning" size={32} />
      <h2>{t("state_of_page.failed")}</h2>
      <p>{message}</p>
      {error instanceof ApiError && error.requestId && <code>{error.requestId}</code>}
      {onRetry && (
        <Button variant="light" onClick={onRetry}>
          {t("action.retry")}
        </Button>
      )}
    </div>
  );
}

/** One sentence for any error. */
export function useErrorText(): (error: unknown) => string {
  const { t } = useText();
  return (error) => {
    if (error instanceof ConnectionLost) return t("shell.connection_lost");
    if (error instanceof ApiError && error.code === "forbidden") return t("state_of_page.forbidden");
    if (error instanceof ApiError && error.code === "rate_limited" && error.retryAfterSeconds !== null)
      return t("state_of_page.wait", { n: error.retryAfterSeconds });
    if (error instanceof DOMException && error.name === "NotAllowedError") return t("state_of_page.device_refused");
    if (error instanceof DOMException && error.name === "InvalidStateError") return t("state_of_page.device_knows");
    return error instanceof Error ? error.message : String(error);
  };
}
