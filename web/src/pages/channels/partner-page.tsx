import { Button } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { useMay } from "../../api/auth.ts";
import { useGet } from "../../api/queries.ts";
import { useText } from "../../i18n/text.ts";
import { PageHeader } from "../../ui/page-header.tsx";
import { Panel, Stack } from "../../ui/panel.tsx";
import { ErrorState, Loading } from "../../ui/states.tsx";
import { StatementView, useRange } from "../../ui/statement.tsx";
import { AttributionTable } from "./attribution-table.tsx";
import { Funnel } from "./funnel.tsx";
import { PortalLink } from "./portal-link.tsx";

const here = getRouteApi("/team/channels/partners/$id");

/** One partner: how far its customers have come, whom it brought, what it earned. */
export function PartnerPage() {
  const { t, word, format } = useText();
  const may = useMay();
  const { id } = here.useParams();
  const [isInvited, setIsInvited] = useState(false);
  const { data, error, refetch } = useGet("GET /admin/v1/partners/{id}", { params: { id } });
  if (!data) return error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Loading />;
  const share = format.percent(data.commission_basis_points / 10_000, 2);
  return (
    <>
      <PageHeader title={data.name} text={t("channels.terms", { channel: word("channel", data.channel), share })}>
        {may("channels", "write") && <Button onClick={() => setIsInvited(true)}>{t("action.make_link")}</Button>}
      </PageHeader>
      <Stack>
        <Panel title={t("channels.funnel")}>
          <Funnel partner={id} />
        </Panel>
        <Panel title={t("channels.introduced")}>
          <AttributionTable partner={id} />
        </Panel>
        <Panel title={t("channels.statement")}>
          <Statement partner={id} name={data.name} />
        </Panel>
      </Stack>
      {isInvited && <PortalLink partner={data} onClose={() => setIsInvited(false)} />}
    </>
  );
}

function Statement({ partner, name }: { readonly partner: string; readonly name: string }) {
  const { query, field } = useRange();
  const { data, error, refetch } = useGet("GET /admin/v1/partners/{id}/statement", { params: { id: partner }, query });
  if (!data) return error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Loading />;
  return <StatementView statement={data} name={name} range={field} />;
}
