import { Button } from "@mantine/core";
import { useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useMay } from "../../api/auth.ts";
import { useGet, usePost } from "../../api/queries.ts";
import { useText } from "../../i18n/text.ts";
import { ConfirmButton } from "../../ui/confirm-button.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { Columns, Stack } from "../../ui/panel.tsx";
import { ErrorState, Loading } from "../../ui/states.tsx";
import { useToast } from "../../ui/toasts.tsx";
import { DeployDialog } from "./deploy-dialog.tsx";
import { Experiments } from "./experiments.tsx";
import { History } from "./history.tsx";
import { Playground } from "./playground.tsx";
import { Shares } from "./shares.tsx";
import { TrafficView } from "./traffic-view.tsx";
import { Verdicts } from "./verdicts.tsx";

/** One endpoint: who answers whom, how fast and how well; what was judged; and a place to try it. */
export function EndpointPage() {
  const { name } = useParams({ from: "/team/endpoints/$name" });
  const { t } = useText();
  const may = useMay();
  const toast = useToast();
  const [deploying, setDeploying] = useState(false);
  const {
    data: endpoint,
    error,
    refetch,
  } = useGet("GET /admin/v1/endpoints/{name}", { params: { name } }, { everyMs: 10_000 });
  const back = usePost("POST /admin/v1/endpoints/{name}/roll-back", {
    touches: ["GET /admin/v1/endpoints"],
    onDone: () => toast(t("endpoint.rolled_back")),
  });
  if (!endpoint) return error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Loading />;
  const writes = may("endpoints", "write");
  return (
    <>
      <PageHeader title={endpoint.name} text={t("endpoint.one_text")}>
        {writes && (
          <>
            <ConfirmButton
              label={t("endpoint.roll_back")}
              question={t("endpoint.roll_back_question", { name })}
              color="red"
              onConfirm={() => back.mutateAsync({ params: { name }, body: {} })}
              isPending={back.isPending}
              error={back.error}
            />
            <Button onClick={() => setDeploying(true)}>{t("endpoint.deploy")}</Button>
          </>
        )}
      </PageHeader>
      <Stack>
        <Shares endpoint={endpoint} />
        <TrafficView endpoint={name}>
          <Experiments endpoint={endpoint} />
        </TrafficView>
        <Columns min={440}>
          <Verdicts endpoint={endpoint} />
          <Playground endpoint={endpoint} />
        </Columns>
        <History endpoint={name} />
      </Stack>
      <DeployDialog endpoint={name} opened={deploying} onClose={() => setDeploying(false)} />
    </>
  );
}
