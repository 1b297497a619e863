import { useParams } from "@tanstack/react-router";
import { useGet } from "../api/queries.ts";
import { RealmFrame } from "../portal/realm-frame.tsx";
import { PageHeader } from "../ui/page-header.tsx";
import { Stack } from "../ui/panel.tsx";
import { ErrorState, Loading } from "../ui/states.tsx";
import { places } from "./places.ts";
import { ProductView } from "./product-view.tsx";

/** One product for everybody: what it does, a trial, its plans, and signing up. */
export function ProductPage() {
  const { name } = useParams({ from: "/p/$name" });
  const { data, error, refetch } = useGet("GET /public/v1/products/{name}", { params: { name } });
  return (
    <RealmFrame places={places}>
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading />}
      {data && (
        <Stack>
          <PageHeader title={data.name} />
          <ProductView
            product={data}
            description={data.description}
            examples={data.examples}
            triesPerDay={data.tries_per_day}
            plans={data.plans.map(({ id, name: of, prices }) => ({ id, name: of, fee: prices.fee }))}
            signUp={data.sign_up}
          />
        </Stack>
      )}
    </RealmFrame>
  );
}
