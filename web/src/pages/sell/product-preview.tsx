import { useQueries } from "@tanstack/react-query";
import { call } from "../../api/client.ts";
import type { Plan, Product } from "../../api/schema.gen.ts";
import { useText } from "../../i18n/text.ts";
import { ProductView } from "../../public/product-view.tsx";
import { Panel } from "../../ui/panel.tsx";
import type { PageDraft } from "./product-page.tsx";
import styles from "./sell.module.css";

interface PreviewProps {
  readonly product: Product;
  readonly draft: PageDraft;
  readonly plans: readonly Plan[];
}

/** The public page as the draft would make it; nothing in it can be sent. */
export function ProductPreview({ product, draft, plans }: PreviewProps) {
  const { t } = useText();
  const fees = useQueries({
    queries: plans.map(({ id }) => ({
      queryKey: ["GET /admin/v1/plans/{id}/rate-cards", { params: { id } }],
      queryFn: () => call("GET /admin/v1/plans/{id}/rate-cards", { params: { id } }),
    })),
  });
  const examples = draft.examples.filter((example) => example.trim() !== "");
  return (
    <Panel title={t("sell.public_preview")}>
      <fieldset className={styles["plain"]} disabled aria-label={t("sell.public_preview")}>
        <ProductView
          key={examples.join("\n")}
          product={product}
          description={draft.description}
          examples={[...new Set(examples)]}
          triesPerDay={draft.tries_per_day}
          plans={plans.map(({ id, name }, i) => ({ id, name, fee: fees[i]?.data?.data.at(-1)?.fee }))}
          signUp={draft.sign_up_plan !== null}
        />
      </fieldset>
    </Panel>
  );
}
