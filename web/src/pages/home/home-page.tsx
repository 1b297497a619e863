import { useState } from "react";
import { useGet } from "../../api/queries.ts";
import { useText } from "../../i18n/text.ts";
import { PageHeader } from "../../ui/page-header.tsx";
import { Columns, Panel, Stack } from "../../ui/panel.tsx";
import { ErrorState, Loading } from "../../ui/states.tsx";
import { Receipt } from "./receipt.tsx";
import { Waiting } from "./waiting.tsx";
import { Wheel } from "./wheel.tsx";

const everyMs = 10_000;

/** Home: the loop with today's figures, what waits for a person, and the last promotion with its evidence. */
export function HomePage() {
  const { t } = useText();
  const [since_ms] = useState(() => new Date().setHours(0, 0, 0, 0));
  const { data, error, refetch } = useGet("GET /admin/v1/wheel", { query: { since_ms } }, { everyMs });
  return (
    <>
      <PageHeader title={t("nav.home")} text={t("home.text")} />
      {!data && (error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Loading />)}
      {data && (
        <Stack>
          <Panel>
            <Wheel wheel={data} />
          </Panel>
          <Columns>
            <Panel title={t("home.waiting")}>
              <Waiting wheel={data} />
            </Panel>
            <Panel title={t("home.promotion")}>
              <Receipt verdict={data.last_promotion} />
            </Panel>
          </Columns>
        </Stack>
      )}
    </>
  );
}
