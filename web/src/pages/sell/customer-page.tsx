import { getRouteApi } from "@tanstack/react-router";
import { useMay } from "../../api/auth.ts";
import { useGet } from "../../api/queries.ts";
import { useRows } from "../../api/rows.ts";
import { useText } from "../../i18n/text.ts";
import { Facts } from "../../ui/facts.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { Columns, Panel, Stack } from "../../ui/panel.tsx";
import { ErrorState, Loading } from "../../ui/states.tsx";
import { StateBadge, When } from "../../ui/values.tsx";
import { Credits } from "./customer-credits.tsx";
import { Keys } from "./customer-keys.tsx";
import { InvoiceTable } from "./invoice-table.tsx";

const here = getRouteApi("/team/sell/customers/$id");

/** One customer: terms, subscriptions, keys, credit, invoices. */
export function CustomerPage() {
  const { t, word } = useText();
  const may = useMay();
  const { id } = here.useParams();
  const { data, error, refetch } = useGet("GET /admin/v1/customers/{id}", { params: { id } });
  const invoices = useRows("GET /admin/v1/invoices", { query: { customer: id } }, { enabled: may("money") });
  if (!data) return error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Loading />;
  return (
    <>
      <PageHeader title={data.name} text={<code>{data.id}</code>} />
      <Stack>
        <Columns>
          <Panel title={t("sell.about")}>
            <Facts
              rows={[
                [t("sell.terms"), word("terms", data.terms)],
                [t("sell.currency"), data.currency.toUpperCase()],
                [t("sell.data_use"), t(data.data_use === "improve" ? "answer.yes" : "answer.no")],
                [t("sell.partner"), data.partner ?? "–"],
                [t("field.created"), <When key="created" ms={data.created_at_ms} exact />],
              ]}
            />
          </Panel>
          <Panel title={t("sell.subscriptions")}>
            <Subscriptions customer={id} />
          </Panel>
        </Columns>
        <Columns>
          <Panel title={t("sell.keys")}>
            <Keys customer={id} />
          </Panel>
          {data.terms === "prepaid" && may("money") && (
            <Panel title={t("sell.credits")}>
              <Credits customer={id} />
            </Panel>
          )}
        </Columns>
        {may("money") && (
          <Panel title={t("sell.invoices")}>
            <InvoiceTable list={invoices} />
          </Panel>
        )}
      </Stack>
    </>
  );
}

function Subscriptions({ customer }: { readonly customer: string }) {
  const { t } = useText();
  const { data } = useGet("GET /admin/v1/customers/{id}/subscriptions", { params: { id: customer } });
  const plans = useGet("GET /admin/v1/plans", { query: { limit: 100 } });
  const names = new Map(plans.data?.data.map((plan) => [plan.id, plan.name]));
  if (!data) return <Loading />;
  if (data.data.length === 0) return <p>{t("sell.no_subscriptions")}</p>;
  return (
    <Facts
      rows={data.data.map((each) => [
        names.get(each.plan) ?? each.plan,
        <span key={each.id}>
          <StateBadge state={each.state} /> <When ms={each.anchor_ms} exact />
        </span>,
      ])}
    />
  );
}
