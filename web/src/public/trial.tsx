import { Button, Chip, Group, Textarea } from "@mantine/core";
import { useState } from "react";
import type { Answer } from "../api/client.ts";
import { usePost } from "../api/queries.ts";
import { useText } from "../i18n/text.ts";
import { FormError } from "../ui/form-error.tsx";
import { Panel, Stack } from "../ui/panel.tsx";

type Output = Answer<"POST /public/v1/products/{name}/try">["output"];

interface TrialProps {
  readonly name: string;
  readonly examples: readonly string[];
  readonly timesPerDay: number;
}

/** A visitor asks the product's own model. */
export function Trial({ name, examples, timesPerDay }: TrialProps) {
  const { t } = useText();
  const [input, setInput] = useState(examples[0] ?? "");
  const attempt = usePost("POST /public/v1/products/{name}/try");
  return (
    <Panel title={t("public.try")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          attempt.mutate({ params: { name }, body: { input } });
        }}
      >
        <Stack>
          {examples.length > 1 && (
            <Chip.Group value={input} onChange={(value) => setInput(value)}>
              <Group gap="xs">
                {examples.map((example) => (
                  <Chip key={example} value={example} size="xs">
                    {example.slice(0, 40)}
                  </Chip>
                ))}
              </Group>
            </Chip.Group>
          )}
          <Textarea
            label={t("public.input")}
            description={t("public.try_hint", { n: timesPerDay })}
            autosize
            minRows={3}
            maxRows={12}
            required
            value={input}
            onChange={(event) => setInput(event.currentTarget.value)}
          />
          <FormError error={attempt.error} />
          <Group>
            <Button type="submit" loading={attempt.isPending}>
              {t("public.try")}
            </Button>
            <output aria-label={t("public.answer")}>{attempt.data && <Said output={attempt.data.output} />}</output>
          </Group>
        </Stack>
      </form>
    </Panel>
  );
}

function Said({ output }: { readonly output: Output }) {
  const { format } = useText();
  if ("label" in output) {
    return (
      <>
        <strong>{output.label}</strong> {format.percent(output.probability)}
      </>
    );
  }
  if ("value" in output) return <strong>{format.number(output.value)}</strong>;
  if ("neighbours" in output) return <>{output.neighbours.map(({ word }) => word).join(", ")}</>;
  return <>{"text" in output ? output.text : null}</>;
}
