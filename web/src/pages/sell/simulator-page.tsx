import { Button, NativeSelect } from "@mantine/core";
import { useState } from "react";
import { useGet, usePost } from "../../api/queries.ts";
import type { Simulation } from "../../api/schema.gen.ts";
import { useText } from "../../i18n/text.ts";
import { Facts } from "../../ui/facts.tsx";
import { FormError } from "../../ui/form-error.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { Columns, Panel, Stack } from "../../ui/panel.tsx";
import { Money } from "../../ui/values.tsx";
import { PriceFields, bodyOf, emptyPrice } from "./price-fields.tsx";

/** Two drafts side by side, each rated on what was really used; nothing is written. */
export function SimulatorPage() {
  const { t } = useText();
  const products = useGet("GET /admin/v1/products", { query: { limit: 100 } });
  const [chosen, setChosen] = useState("");
  const product = chosen || products.data?.data[0]?.id || "";
  return (
    <>
      <PageHeader title={t("sell.simulator")} text={t("sell.simulator_text")} />
      <Stack>
        <NativeSelect
          label={t("sell.product")}
          data={(products.data?.data ?? []).map(({ id, name }) => ({ value: id, label: name }))}
          value={product}
          onChange={(event) => setChosen(event.currentTarget.value)}
        />
        <Columns min={440}>
          <Draft title={t("sell.draft_a")} product={product} perThousand="1.00" />
          <Draft title={t("sell.draft_b")} product={product} perThousand="2.00" />
        </Columns>
      </Stack>
    </>
  );
}

interface DraftProps {
  readonly title: string;
  readonly product: string;
  readonly perThousand: string;
}

function Draft({ title, product, perThousand }: DraftProps) {
  const { t } = useText();
  const [price, setPrice] = useState({ ...emptyPrice, perThousand });
  const simulate = usePost("POST /admin/v1/products/{id}/simulate");
  const body = bodyOf(price);
  return (
    <Panel title={title}>
      <Stack>
        <PriceFields draft={price} onChange={setPrice} />
        <div>
          <Button
            variant="light"
            disabled={!body || !product}
            loading={simulate.isPending}
            onClick={() => body && simulate.mutate({ params: { id: product }, body })}
          >
            {t("sell.simulate")}
          </Button>
        </div>
        <FormError error={simulate.error} />
        {simulate.data && <Outcome simulation={simulate.data} />}
      </Stack>
    </Panel>
  );
}

function Outcome({ simulation }: { readonly simulation: Simulation }) {
  const { t, format } = useText();
  const { now, draft, cost } = simulation;
  const margin = { ...draft, amount_nanos: (BigInt(draft.amount_nanos) - BigInt(cost.amount_nanos)).toString() };
  return (
    <Facts
      rows={[
        [t("sell.revenue_now"), <Money key="now" of={now} />],
        [t("sell.revenue_draft"), <Money key="draft" of={draft} />],
        [t("sell.cost"), <Money key="cost" of={cost} />],
        [t("sell.margin"), <Money key="margin" of={margin} />],
        [t("sell.pay_less"), format.number(simulation.winners)],
        [t("sell.pay_more"), format.number(simulation.losers)],
      ]}
    />
  );
}
