import { Button, Progress } from "@mantine/core";
import { useGet, usePost } from "../../api/queries.ts";
import type { Examination } from "../../api/schema.gen.ts";
import { useText } from "../../i18n/text.ts";
import { FormError } from "../../ui/form-error.tsx";
import { Icon } from "../../ui/icon.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { Panel, Stack } from "../../ui/panel.tsx";
import { EmptyState, ErrorState, Loading } from "../../ui/states.tsx";
import { Quantity, When } from "../../ui/values.tsx";
import styles from "./settings.module.css";

const everyMs = 1_000;
const touches = ["GET /admin/v1/doctor"];

/** `doctor` in the browser: what the last examination found, and another one, which goes on when one leaves. */
export function HealthPage() {
  const { t } = useText();
  const { data, error, refetch } = useGet(
    "GET /admin/v1/doctor",
    {},
    { everyMs: (known) => (known?.running ? everyMs : false), isUntold: true },
  );
  const ask = usePost("POST /admin/v1/doctor", { touches });
  const isRunning = Boolean(data?.running);
  return (
    <>
      <PageHeader title={t("settings.health")} text={t("settings.health_text")}>
        <Button variant="light" loading={isRunning || ask.isPending} onClick={() => ask.mutate({})}>
          {t("settings.check_again")}
        </Button>
      </PageHeader>
      {!data && (error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Loading />)}
      {data && (
        <Stack>
          <FormError error={ask.error} />
          {data.running && <Running of={data.running} />}
          {data.failed !== null && (
            <p className={styles["verdict"]} data-healthy={false} role="alert">
              <Icon name="warning" />
              {t("settings.check_failed", { reason: data.failed })}
            </p>
          )}
          {data.last && <Found last={data.last} />}
          {!data.last && !isRunning && (
            <EmptyState icon="check" title={t("settings.never_checked")} text={t("settings.never_checked_text")} />
          )}
        </Stack>
      )}
    </>
  );
}

function Running({ of: { doing, done, of } }: { readonly of: NonNullable<Examination["running"]> }) {
  const { t, word } = useText();
  const cancel = usePost("POST /admin/v1/doctor/cancel", { touches });
  const text = doing === null ? t("settings.check_waits") : t("settings.checking", { what: word("checked", doing) });
  return (
    <Panel>
      <div className={styles["running"]}>
        <p role="status">{text}</p>
        <Progress value={of === 0 ? 0 : (100 * done) / of} aria-label={t("settings.check_progress")} />
        <Button variant="default" loading={cancel.isPending} onClick={() => cancel.mutate({})}>
          {t("action.cancel")}
        </Button>
      </div>
    </Panel>
  );
}

function Found({ last }: { readonly last: NonNullable<Examination["last"]> }) {
  const { t } = useText();
  return (
    <>
      <p className={styles["verdict"]} data-healthy={last.healthy} role="status">
        <Icon name={last.healthy ? "check" : "warning"} />
        {t(last.healthy ? "settings.healthy" : "settings.not_healthy")}
        <small>
          <When ms={last.examined_at_ms} />
        </small>
      </p>
      <Panel>
        <ul className={styles["checks"]}>
          {last.checks.map((check) => (
            <li key={check.name} data-healthy={check.problem_count === 0}>
              <Icon name={check.problem_count === 0 ? "check" : "warning"} size={16} />
              <span>
                {check.name}
                {check.problems.map((problem) => (
                  <small key={problem}>{problem}</small>
                ))}
              </span>
              <Quantity value={check.looked} />
            </li>
          ))}
        </ul>
      </Panel>
    </>
  );
}
