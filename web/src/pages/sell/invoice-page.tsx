import { Button } from "@mantine/core";
import { Link, getRouteApi } from "@tanstack/react-router";
import { addressOf } from "../../api/client.ts";
import { useGet } from "../../api/queries.ts";
import { useText } from "../../i18n/text.ts";
import { Facts } from "../../ui/facts.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { Columns, Panel, Stack } from "../../ui/panel.tsx";
import { ErrorState, Loading } from "../../ui/states.tsx";
import { Money, Quantity, StateBadge, When } from "../../ui/values.tsx";
import styles from "./sell.module.css";

const here = getRouteApi("/team/sell/invoices/$id");

/** One invoice or credit note, line by line. */
export function InvoicePage() {
  const { t, word } = useText();
  const { id } = here.useParams();
  const { data, error, refetch } = useGet("GET /admin/v1/invoices/{id}", { params: { id } });
  const collection = useGet(
    "GET /admin/v1/invoices/{id}/collection",
    { params: { id } },
    { enabled: data?.object === "invoice" },
  );
  const told = useGet(
    "GET /admin/v1/invoices/{id}/explain",
    { params: { id }, query: { limit: 1 } },
    { enabled: data?.object === "invoice" },
  );
  const credits = told.data?.credits ?? [];
  if (!data) return error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Loading />;
  return (
    <>
      <PageHeader title={`${word("kind", data.object)} ${data.number}`}>
        <Button
          component="a"
          variant="light"
          target="_blank"
          rel="noreferrer"
          href={addressOf("GET /admin/v1/invoices/{id}/document", { params: { id } })}
        >
          {t("sell.document")}
        </Button>
      </PageHeader>
      <Stack>
        <Columns>
          <Panel title={t("sell.about")}>
            <Facts
              rows={[
                [
                  t("sell.customer"),
                  <Link key="customer" to="/sell/customers/$id" params={{ id: data.customer }}>
                    {data.customer}
                  </Link>,
                ],
                [t("sell.issued"), <When key="issued" ms={data.issued_at_ms} exact />],
                [t("sell.total"), <Money key="total" of={data.total} />],
                [t("sell.due"), <Money key="due" of={data.due} />],
              ]}
            />
          </Panel>
          {collection.data && (
            <Panel title={t("sell.collection")}>
              <Facts
                rows={[
                  [t("sell.state"), <StateBadge key="state" state={collection.data.state} />],
                  [t("sell.open_amount"), <Money key="open" of={collection.data.open} />],
                  [t("sell.pay_by"), <When key="by" ms={collection.data.pay_by_ms} exact />],
                ]}
              />
            </Panel>
          )}
        </Columns>
        <Panel title={t("sell.lines")}>
          <div className={styles["scroll"]}>
            <table className={styles["preview"]}>
              <thead>
                <tr>
                  <th scope="col">{t("sell.line")}</th>
                  <th scope="col">{t("sell.quantity")}</th>
                  <th scope="col">{t("sell.amount")}</th>
                </tr>
              </thead>
              <tbody>
                {data.lines.map((line, i) => (
                  <tr key={i}>
                    <td>{line.description}</td>
                    <td>
                      <Quantity value={line.units} />
                    </td>
                    <td>
                      <Money of={line.amount} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </Panel>
        {credits.length > 0 && (
          <Panel title={t("sell.kept_credit_paid")}>
            <Facts rows={credits.map(({ grant, source, amount }) => [source, <Money key={grant} of={amount} />])} />
          </Panel>
        )}
      </Stack>
    </>
  );
}
