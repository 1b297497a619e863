import type { Item } from "../api/client.ts";
import { useText } from "../i18n/text.ts";
import { Facts } from "./facts.tsx";
import { Money, When } from "./values.tsx";

type Grant = Item<"GET /admin/v1/customers/{id}/credits">;

/** Grants of credit: what is left of each, until when, and what it may be used for. */
export function Grants({ grants }: { readonly grants: readonly Grant[] }) {
  const { t, word } = useText();
  return (
    <Facts
      rows={grants.map((grant) => [
        <span key={grant.id}>
          {word("kind", grant.kind)}: {grant.source}
          {grant.products && (
            <>
              <br />
              <small>
                {t("portal.only_for", { products: grant.products.map(({ name }) => name).join(t("portal.and")) })}
              </small>
            </>
          )}
        </span>,
        <span key="left">
          <Money of={grant.remaining} /> / <Money of={grant.amount} />{" "}
          {grant.expires_at_ms && <When ms={grant.expires_at_ms} exact />}
        </span>,
      ])}
    />
  );
}
