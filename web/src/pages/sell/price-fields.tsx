import { Checkbox, TextInput } from "@mantine/core";
import type { PriceComponentInput } from "../../api/schema.gen.ts";
import { useText } from "../../i18n/text.ts";
import { Columns, Stack } from "../../ui/panel.tsx";

/** A price as a form holds it: every field is text as typed. */
export interface PriceDraft {
  readonly fee: string;
  readonly perThousand: string;
  readonly freeUnits: string;
  /** From so many units on it is cheaper. */
  readonly isTiered: boolean;
  readonly tierAt: string;
  readonly tierPerThousand: string;
}

export const emptyPrice: PriceDraft = {
  fee: "0",
  perThousand: "1.00",
  freeUnits: "0",
  isTiered: false,
  tierAt: "10000",
  tierPerThousand: "0.80",
};

interface PriceBody {
  readonly fee: string;
  readonly per_thousand?: string;
  readonly free_units?: number;
  readonly components?: readonly PriceComponentInput[];
}

/** What the API is sent; null while a field is not a number yet. */
export function bodyOf(draft: PriceDraft): PriceBody | null {
  const amount = /^\d{1,12}(\.\d{1,9})?$/;
  const whole = /^\d{1,12}$/;
  const amounts = [draft.fee, draft.perThousand, ...(draft.isTiered ? [draft.tierPerThousand] : [])];
  const counts = draft.isTiered ? [draft.tierAt] : [draft.freeUnits];
  if (!amounts.every((text) => amount.test(text)) || !counts.every((text) => whole.test(text))) return null;
  const { fee, perThousand: per_thousand } = draft;
  if (!draft.isTiered) return { fee, per_thousand, free_units: Number(draft.freeUnits) };
  const tiers = [
    { up_to: Number(draft.tierAt), per_thousand },
    { up_to: null, per_thousand: draft.tierPerThousand },
  ];
  return { fee, components: [{ unit: "predictions", price: { kind: "graduated", tiers } }] };
}

interface PriceFieldsProps {
  readonly draft: PriceDraft;
  readonly onChange: (draft: PriceDraft) => void;
}

export function PriceFields({ draft, onChange }: PriceFieldsProps) {
  const { t } = useText();
  const field = (key: Exclude<keyof PriceDraft, "isTiered">, label: string) => (
    <TextInput
      label={label}
      inputMode="decimal"
      required
      value={draft[key]}
      onChange={(event) => onChange({ ...draft, [key]: event.currentTarget.value.trim() })}
    />
  );
  return (
    <Stack>
      <Columns min={240}>
        {field("fee", t("sell.fee"))}
        {field("perThousand", t("sell.per_thousand"))}
      </Columns>
      <Checkbox
        label={t("sell.tiered")}
        checked={draft.isTiered}
        onChange={(event) => onChange({ ...draft, isTiered: event.currentTarget.checked })}
      />
      {draft.isTiered ? (
        <Columns min={240}>
          {field("tierAt", t("sell.tier_at"))}
          {field("tierPerThousand", t("sell.tier_per_thousand"))}
        </Columns>
      ) : (
        field("freeUnits", t("sell.free_units"))
      )}
    </Stack>
  );
}
