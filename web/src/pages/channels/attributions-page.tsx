import { useText } from "../../i18n/text.ts";
import { PageHeader } from "../../ui/page-header.tsx";
import { AttributionTable } from "./attribution-table.tsx";

/** Every recorded reason why a customer belongs to a partner. */
export function AttributionsPage() {
  const { t } = useText();
  return (
    <>
      <PageHeader title={t("channels.attributions")} text={t("channels.attributions_text")} />
      <AttributionTable />
    </>
  );
}
