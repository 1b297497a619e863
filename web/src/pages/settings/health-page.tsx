import { Button } from "@mantine/core";
import { useGet } from "../../api/queries.ts";
import { useText } from "../../i18n/text.ts";
import { Icon } from "../../ui/icon.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { Panel, Stack } from "../../ui/panel.tsx";
import { ErrorState, Loading } from "../../ui/states.tsx";
import { Quantity } from "../../ui/values.tsx";
import styles from "./settings.module.css";

/** `doctor` in the browser: every promise, checked on this database. */
export function HealthPage() {
  const { t } = useText();
  const { data, error, isFetching, refetch } = useGet("GET /admin/v1/doctor", {});
  return (
    <>
      <PageHeader title={t("settings.health")} text={t("settings.health_text")}>
        <Button variant="light" loading={isFetching} onClick={() => void refetch()}>
          {t("settings.check_again")}
        </Button>
      </PageHeader>
      {!data && (error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Loading />)}
      {data && (
        <Stack>
          <p className={styles["verdict"]} data-healthy={data.healthy} role="status">
            <Icon name={data.healthy ? "check" : "warning"} />
            {t(data.healthy ? "settings.healthy" : "settings.not_healthy")}
          </p>
          <Panel>
            <ul className={styles["checks"]}>
              {data.checks.map((check) => (
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
        </Stack>
      )}
    </>
  );
}
