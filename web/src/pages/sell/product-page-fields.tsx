import { Button, Checkbox, NativeSelect, NumberInput, Textarea } from "@mantine/core";
import type { Plan } from "../../api/schema.gen.ts";
import { useText } from "../../i18n/text.ts";
import { Stack } from "../../ui/panel.tsx";
import type { PageDraft } from "./product-page.tsx";
import styles from "./sell.module.css";

const examplesMax = 10;
const triesPerDayMax = 1_000;

interface FieldsProps {
  readonly draft: PageDraft;
  /** Those of the product that a stranger may be put on. */
  readonly plans: readonly Plan[];
  readonly onChange: (draft: PageDraft) => void;
}

export function ProductPageFields({ draft, plans, onChange }: FieldsProps) {
  const { t } = useText();
  const change = (part: Partial<PageDraft>): void => onChange({ ...draft, ...part });
  return (
    <Stack>
      <Checkbox
        label={t("sell.shown")}
        description={t("sell.shown_hint")}
        checked={draft.shown}
        onChange={(event) => change({ shown: event.currentTarget.checked })}
      />
      <Textarea
        label={t("sell.description")}
        description={t("sell.description_hint")}
        autosize
        minRows={4}
        maxRows={16}
        value={draft.description}
        onChange={(event) => change({ description: event.currentTarget.value })}
      />
      <Examples examples={draft.examples} onChange={(examples) => change({ examples })} />
      <NumberInput
        label={t("sell.tries")}
        description={t("sell.tries_hint")}
        min={0}
        max={triesPerDayMax}
        allowDecimal={false}
        value={draft.tries_per_day}
        onChange={(value) => change({ tries_per_day: Number(value) || 0 })}
      />
      <NativeSelect
        label={t("sell.sign_up_plan")}
        description={t("sell.sign_up_hint")}
        data={[
          { value: "", label: t("sell.no_sign_up") },
          ...plans.map(({ id, name }) => ({ value: id, label: name })),
        ]}
        value={draft.sign_up_plan ?? ""}
        onChange={(event) => change({ sign_up_plan: event.currentTarget.value || null })}
      />
      {draft.sign_up_plan && (
        <NumberInput
          label={t("sell.sign_up_units")}
          description={t("sell.sign_up_units_hint")}
          min={1}
          allowDecimal={false}
          value={draft.sign_up_units ?? ""}
          onChange={(value) => change({ sign_up_units: Number(value) || null })}
        />
      )}
    </Stack>
  );
}

interface ExamplesProps {
  readonly examples: readonly string[];
  readonly onChange: (examples: string[]) => void;
}

/** Texts that a visitor may begin with, each in a field of its own: they may have lines. */
function Examples({ examples, onChange }: ExamplesProps) {
  const { t } = useText();
  return (
    <fieldset className={styles["plain"]}>
      <legend>{t("sell.examples")}</legend>
      <Stack>
        {examples.map((example, i) => (
          <div key={i} className={styles["example"]}>
            <Textarea
              aria-label={t("sell.example", { n: i + 1 })}
              autosize
              minRows={1}
              maxRows={6}
              value={example}
              onChange={(event) => onChange(examples.with(i, event.currentTarget.value))}
            />
            <Button
              variant="subtle"
              color="red"
              size="compact-sm"
              aria-label={t("sell.remove_example", { n: i + 1 })}
              onClick={() => onChange(examples.toSpliced(i, 1))}
            >
              {t("account.remove")}
            </Button>
          </div>
        ))}
        {examples.length < examplesMax && (
          <div>
            <Button variant="light" size="xs" onClick={() => onChange([...examples, ""])}>
              {t("sell.add_example")}
            </Button>
          </div>
        )}
      </Stack>
    </fieldset>
  );
}
