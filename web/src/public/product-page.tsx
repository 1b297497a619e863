import { useParams } from "@tanstack/react-router";
import type { Answer } from "../api/client.ts";
import { useGet } from "../api/queries.ts";
import { useText } from "../i18n/text.ts";
import { RealmFrame } from "../portal/realm-frame.tsx";
import styles from "../portal/realm-frame.module.css";
import { PageHeader } from "../ui/page-header.tsx";
import { Columns, Panel, Stack } from "../ui/panel.tsx";
import { ErrorState, Loading } from "../ui/states.tsx";
import { places } from "./places.ts";
import { SignUp } from "./sign-up.tsx";
import { Trial } from "./trial.tsx";

type Product = Answer<"GET /public/v1/products/{name}">;

/** One product for everybody: what it does, a trial, its plans, and signing up. */
export function ProductPage() {
  const { name } = useParams({ from: "/p/$name" });
  const { data, error, refetch } = useGet("GET /public/v1/products/{name}", { params: { name } });
  return (
    <RealmFrame places={places}>
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading />}
      {data && <Shown product={data} />}
    </RealmFrame>
  );
}

function Shown({ product }: { readonly product: Product }) {
  return (
    <Stack>
      <PageHeader title={product.name} />
      <p className={styles["text"]}>{product.description}</p>
      {product.tries_per_day > 0 && (
        <Trial name={product.name} examples={product.examples} timesPerDay={product.tries_per_day} />
      )}
      <Columns>
        <Plans plans={product.plans} />
        {product.sign_up && <SignUp product={product.id} endpoint={product.endpoint} />}
      </Columns>
    </Stack>
  );
}

function Plans({ plans }: { readonly plans: Product["plans"] }) {
  const { t, format } = useText();
  return (
    <Panel title={t("public.plans")}>
      {plans.length === 0 && <p>{t("public.no_plans")}</p>}
      <Stack>
        {plans.map((plan) => (
          <div key={plan.id}>
            <strong>{plan.name}</strong>
            <div>{t("public.fee", { amount: format.money(plan.prices.fee) })}</div>
          </div>
        ))}
      </Stack>
    </Panel>
  );
}
