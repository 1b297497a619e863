import { useParams } from "@tanstack/react-router";
import { useMay } from "../../api/auth.ts";
import { useGet } from "../../api/queries.ts";
import { useText } from "../../i18n/text.ts";
import { Facts } from "../../ui/facts.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { Panel, Stack } from "../../ui/panel.tsx";
import { ErrorState, Loading } from "../../ui/states.tsx";
import { ChatTrial } from "./chat-trial.tsx";
import { useUpstreamModelName } from "./model-name.tsx";
import { TrafficView } from "./traffic-view.tsx";

/** An endpoint that upstreams answer: which, how fast, and a chat to try it. */
export function RoutedPage() {
  const { endpoint } = useParams({ from: "/team/endpoints/routed/$endpoint" });
  const { t } = useText();
  const may = useMay();
  const nameOf = useUpstreamModelName();
  const { data: route, error, refetch } = useGet("GET /admin/v1/routes/{endpoint}", { params: { endpoint } });
  if (!route) return error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Loading />;
  const targets = route.targets.toSorted((a, b) => a.priority - b.priority || b.weight - a.weight);
  return (
    <>
      <PageHeader title={endpoint} text={t("routed.text")} />
      <Stack>
        <Panel title={t("routed.targets")}>
          <p>{t("routed.order")}</p>
          <Facts
            rows={targets.map(({ model, priority, weight }) => [
              nameOf(model),
              t("routed.priority", { priority, weight }),
            ])}
          />
        </Panel>
        {may("endpoints", "write") && <ChatTrial endpoint={endpoint} />}
        <TrafficView endpoint={endpoint} />
      </Stack>
    </>
  );
}
