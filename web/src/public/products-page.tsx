import { Link } from "@tanstack/react-router";
import { useGet } from "../api/queries.ts";
import { useText } from "../i18n/text.ts";
import { RealmFrame } from "../portal/realm-frame.tsx";
import styles from "../portal/realm-frame.module.css";
import { PageHeader } from "../ui/page-header.tsx";
import { Columns, Panel, Stack } from "../ui/panel.tsx";
import { EmptyState, ErrorState, Loading } from "../ui/states.tsx";
import { places } from "./places.ts";

/** What is for sale here, for everybody. */
export function ProductsPage() {
  const { t } = useText();
  const { data, error, refetch } = useGet("GET /public/v1/products", {});
  return (
    <RealmFrame places={places}>
      <Stack>
        <PageHeader title={t("public.title")} />
        {error && <ErrorState error={error} onRetry={() => void refetch()} />}
        {!data && !error && <Loading />}
        {data?.data.length === 0 && (
          <EmptyState icon="sell" title={t("public.nothing")} text={t("public.nothing_hint")} />
        )}
        <Columns>
          {(data?.data ?? []).map((product) => (
            <Panel key={product.id}>
              <h2>
                <Link to="/p/$name" params={{ name: product.name }}>
                  {product.name}
                </Link>
              </h2>
              <p className={styles["text"]}>{product.description.slice(0, 280)}</p>
            </Panel>
          ))}
        </Columns>
      </Stack>
    </RealmFrame>
  );
}
