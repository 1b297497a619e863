import { useMay } from "../../api/auth.ts";
import { usePost } from "../../api/queries.ts";
import { useRows } from "../../api/rows.ts";
import { useText } from "../../i18n/text.ts";
import { ConfirmButton } from "../../ui/confirm-button.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { useToast } from "../../ui/toasts.tsx";
import { InvoiceTable } from "./invoice-table.tsx";

export function InvoicesPage() {
  const { t } = useText();
  const may = useMay();
  const toast = useToast();
  const list = useRows("GET /admin/v1/invoices", {});
  const close = usePost("POST /admin/v1/invoices/close", {
    touches: ["GET /admin/v1/invoices"],
    onDone: ({ issued }) => toast(t("sell.closed", { n: issued.length })),
  });
  return (
    <>
      <PageHeader title={t("sell.invoices")} text={t("sell.invoices_text")}>
        {may("money", "write") && (
          <ConfirmButton
            label={t("sell.close")}
            variant="filled"
            question={t("sell.close_question")}
            onConfirm={() => close.mutateAsync({ body: {} })}
            isPending={close.isPending}
            error={close.error}
          />
        )}
      </PageHeader>
      <InvoiceTable list={list} />
    </>
  );
}
