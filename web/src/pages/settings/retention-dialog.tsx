import { Button, NumberInput } from "@mantine/core";
import { useState } from "react";
import type { Input } from "../../api/client.ts";
import { useGet, usePost } from "../../api/queries.ts";
import type { Retention } from "../../api/schema.gen.ts";
import { useText } from "../../i18n/text.ts";
import { FormDialog } from "../../ui/form-dialog.tsx";
import { useToast } from "../../ui/toasts.tsx";

type Kind = Input<"POST /admin/v1/retention/{kind}/change">["params"]["kind"];

interface RetentionDialogProps {
  readonly kind: Kind;
  readonly change: NonNullable<Retention["kept"][number]["change"]>;
  readonly onClose: () => void;
}

/** How long one kind is kept. Before it holds, it says what will be removed and when. */
export function RetentionDialog({ kind, change, onClose }: RetentionDialogProps) {
  const { t, word } = useText();
  const toast = useToast();
  const { days_min: min, days_max: max } = change;
  const [days, setDays] = useState<number | null>(change.days);
  const set = usePost("POST /admin/v1/retention/{kind}/change", {
    touches: ["GET /admin/v1/retention"],
    onDone() {
      toast(t("settings.kept_changed"));
      onClose();
    },
  });
  return (
    <FormDialog
      title={t("settings.kept_open", { what: word("kept", kind) })}
      submit={t("settings.kept_change")}
      onClose={onClose}
      onSubmit={() => set.mutate({ params: { kind }, body: { days } })}
      work={set}
    >
      <NumberInput
        label={t("settings.kept_field")}
        description={t("settings.kept_field_hint", { min, max })}
        min={min}
        max={max}
        value={days ?? ""}
        onChange={(next) => setDays(typeof next === "number" ? next : null)}
      />
      <div aria-live="polite">
        {days === null ? (
          <p>{t("settings.kept_for_ever")}</p>
        ) : (
          days >= min && days <= max && <Removes kind={kind} days={days} />
        )}
      </div>
      {change.changed && (
        <Button variant="default" onClick={() => set.mutate({ params: { kind }, body: {} })}>
          {t("settings.kept_back")}
        </Button>
      )}
    </FormDialog>
  );
}

/** What the next sweep would remove. */
function Removes({ kind, days }: { readonly kind: Kind; readonly days: number }) {
  const { t, format } = useText();
  const { data } = useGet("GET /admin/v1/retention/{kind}/preview", { params: { kind }, query: { days } });
  if (!data) return null;
  if (data.removes === 0) return <p>{t("settings.kept_removes_none")}</p>;
  const words = { n: data.removes, date: format.date(data.before_ms) };
  return <p>{t(data.more ? "settings.kept_removes_more" : "settings.kept_removes", words)}</p>;
}
