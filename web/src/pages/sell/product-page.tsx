import { Button } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { useMay } from "../../api/auth.ts";
import { useGet, useList, usePost } from "../../api/queries.ts";
import type { Product, ProductPage as PublicPage } from "../../api/schema.gen.ts";
import { useText } from "../../i18n/text.ts";
import { FormError } from "../../ui/form-error.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { Panel, Stack } from "../../ui/panel.tsx";
import { ErrorState, Loading } from "../../ui/states.tsx";
import { useToast } from "../../ui/toasts.tsx";
import { ProductPageFields } from "./product-page-fields.tsx";
import { ProductPreview } from "./product-preview.tsx";
import styles from "./sell.module.css";

const here = getRouteApi("/team/sell/products/$id");

/** What may be changed of a product's public page. */
export type PageDraft = Omit<PublicPage, "object" | "product">;

/** One product: the page that the world sees of it, as it is written and as it will look. */
export function ProductPage() {
  const { t } = useText();
  const { id } = here.useParams();
  const product = useGet("GET /admin/v1/products/{id}", { params: { id } });
  const page = useGet("GET /admin/v1/products/{id}/page", { params: { id } });
  const error = product.error ?? page.error;
  if (error) return <ErrorState error={error} onRetry={() => void Promise.all([product.refetch(), page.refetch()])} />;
  if (!product.data || !page.data) return <Loading />;
  const { name, endpoint } = product.data;
  return (
    <>
      <PageHeader title={name} text={<code>{endpoint}</code>}>
        {page.data.shown && (
          <Button component="a" href={`/p/${id}`} target="_blank" rel="noreferrer" variant="light">
            {t("sell.open_public")}
          </Button>
        )}
      </PageHeader>
      <Editor key={id} product={product.data} page={page.data} />
    </>
  );
}

const draftOf = (page: PublicPage): PageDraft => ({
  shown: page.shown,
  description: page.description,
  examples: page.examples,
  tries_per_day: page.tries_per_day,
  sign_up_plan: page.sign_up_plan,
  sign_up_units: page.sign_up_units,
});

function Editor({ product, page }: { readonly product: Product; readonly page: PublicPage }) {
  const { t } = useText();
  const may = useMay();
  const toast = useToast();
  const [draft, setDraft] = useState(() => draftOf(page));
  const plans = useList("GET /admin/v1/plans", {});
  const offered = plans.items.filter((plan) => plan.offered && plan.product === product.id);
  const save = usePost("POST /admin/v1/products/{id}/page", {
    touches: ["GET /admin/v1/products/{id}/page", "GET /public/v1/products"],
    onDone(saved) {
      setDraft(draftOf(saved));
      toast(t("settings.saved"));
    },
  });
  return (
    <div className={styles["beside"]}>
      <Panel title={t("sell.public_page")}>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            const examples = draft.examples.filter((example) => example.trim() !== "");
            save.mutate({ params: { id: product.id }, body: { ...draft, examples } });
          }}
        >
          <fieldset className={styles["plain"]} disabled={!may("sell", "write")}>
            <Stack>
              <ProductPageFields draft={draft} plans={offered} onChange={setDraft} />
              <FormError error={save.error} />
              {may("sell", "write") && (
                <div>
                  <Button type="submit" loading={save.isPending}>
                    {t("action.save")}
                  </Button>
                </div>
              )}
            </Stack>
          </fieldset>
        </form>
      </Panel>
      <ProductPreview product={product} draft={draft} plans={offered} />
    </div>
  );
}
