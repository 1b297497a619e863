import { Button, NumberInput, Textarea } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useState } from "react";
import { useGet, usePost } from "../../api/queries.ts";
import { useText } from "../../i18n/text.ts";
import { FormDialog } from "../../ui/form-dialog.tsx";

const reviewersMax = 9;

/** What reviewers of a queue are told, and how many must agree. */
export function GuideDialog({ queue }: { readonly queue: string }) {
  const { t } = useText();
  const [opened, { open, close }] = useDisclosure(false);
  const { data } = useGet("GET /admin/v1/review-guides/{queue}", { params: { queue } });
  const [instructions, setInstructions] = useState<string>();
  const [reviewers, setReviewers] = useState<number>();
  const save = usePost("POST /admin/v1/review-guides/{queue}", {
    touches: ["GET /admin/v1/review-guides"],
    onDone: close,
  });
  return (
    <>
      <Button variant="default" onClick={open}>
        {t("review.guide")}
      </Button>
      <FormDialog
        title={t("review.guide_of", { queue })}
        opened={opened}
        onClose={close}
        submit={t("action.save")}
        work={save}
        size="lg"
        onSubmit={() =>
          save.mutate({
            params: { queue },
            body: {
              instructions: instructions ?? data?.instructions ?? "",
              reviewers: reviewers ?? data?.reviewers ?? 1,
            },
          })
        }
      >
        <Textarea
          label={t("review.instructions")}
          description={t("review.instructions_hint")}
          rows={8}
          value={instructions ?? data?.instructions ?? ""}
          onChange={(event) => setInstructions(event.currentTarget.value)}
          data-autofocus
        />
        <NumberInput
          label={t("review.reviewers")}
          description={t("review.reviewers_hint")}
          min={1}
          max={reviewersMax}
          allowDecimal={false}
          value={reviewers ?? data?.reviewers ?? 1}
          onChange={(value) => setReviewers(typeof value === "number" ? value : undefined)}
        />
      </FormDialog>
    </>
  );
}
