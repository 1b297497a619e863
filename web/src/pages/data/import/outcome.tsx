import { Button, Group, Progress } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import type { Answer } from "../../../api/client.ts";
import { useGet, usePost } from "../../../api/queries.ts";
import { useText } from "../../../i18n/text.ts";
import { FormError } from "../../../ui/form-error.tsx";
import { Panel, Stack } from "../../../ui/panel.tsx";
import { EmptyState, ErrorState, Loading } from "../../../ui/states.tsx";
import { Report } from "./report.tsx";
import styles from "./import.module.css";

export type Import = Answer<"GET /admin/v1/imports/{id}">;

const isOpen = ({ state }: Import): boolean => state === "queued" || state === "running";
const lookEveryMs = 700;

/** How far the import is, then what came of it. */
export function Outcome({ id, onAgain }: { readonly id: string; readonly onAgain: () => void }) {
  const { t } = useText();
  const navigate = useNavigate();
  const found = useGet(
    "GET /admin/v1/imports/{id}",
    { params: { id } },
    { everyMs: (known) => (!known || isOpen(known) ? lookEveryMs : false), isUntold: true },
  );
  if (!found.data) {
    return found.error ? <ErrorState error={found.error} onRetry={() => void found.refetch()} /> : <Loading />;
  }
  const { state, version, reason } = found.data;
  if (isOpen(found.data)) return <Working of={found.data} />;
  if (state === "done" && version !== null) {
    const open = (): void => void navigate({ to: "/data/versions/$id", params: { id: version } });
    return <Report of={found.data} onOpen={open} />;
  }
  const title = t(state === "failed" ? "import.failed" : "import.cancelled");
  return (
    <EmptyState icon="warning" title={title} text={reason ?? t("import.cancelled_text")}>
      <Button onClick={onAgain}>{t("import.again")}</Button>
    </EmptyState>
  );
}

function Working({ of: { id, file, progress } }: { readonly of: Import }) {
  const { t } = useText();
  const cancel = usePost("POST /admin/v1/imports/{id}/cancel", { touches: ["GET /admin/v1/imports/{id}"] });
  const share = progress?.total ? Math.min(1, progress.done / progress.total) : 0;
  return (
    <Panel title={t("import.working", { name: file })}>
      <Stack>
        <Progress value={share * 100} aria-label={t("import.progress")} />
        <p role="status">{t(`import.phase_${progress?.phase ?? "waiting"}`)}</p>
        <p className={styles["dim"]}>{t("import.may_leave")}</p>
        <FormError error={cancel.error} />
        <Group>
          <Button variant="default" loading={cancel.isPending} onClick={() => cancel.mutate({ params: { id } })}>
            {t("action.cancel")}
          </Button>
        </Group>
      </Stack>
    </Panel>
  );
}
