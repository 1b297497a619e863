import { Button, NativeSelect, NumberInput, Textarea } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { usePost } from "../../api/queries.ts";
import { useText } from "../../i18n/text.ts";
import { FormDialog } from "../../ui/form-dialog.tsx";
import { useToast } from "../../ui/toasts.tsx";
import type { Version } from "./version-page.tsx";

const countMax = 10_000;
const whiches = ["unlabelled", "all"] as const;

/** Examples of a version on their way to the reviewers, who choose from the labels that are named here. */
export function ReviewExamples({ version }: { readonly version: Version }) {
  const { t } = useText();
  const toast = useToast();
  const navigate = useNavigate();
  const [opened, { open, close }] = useDisclosure(false);
  const [which, setWhich] = useState<(typeof whiches)[number]>("unlabelled");
  const [labels, setLabels] = useState(version.labels.join("\n"));
  const [count, setCount] = useState(1_000);
  const send = usePost("POST /admin/v1/dataset-versions/{id}/review", {
    touches: ["GET /admin/v1/review"],
    onDone({ queue, queued }) {
      close();
      toast(t("review.queued", { n: queued }), queued > 0 ? "good" : "bad");
      if (queued > 0) void navigate({ to: "/review", search: { queue } });
    },
  });
  const named = labels
    .split("\n")
    .map((label) => label.trim())
    .filter((label) => label !== "");
  return (
    <>
      <Button variant="default" onClick={open}>
        {t("review.examples")}
      </Button>
      <FormDialog
        title={t("review.examples")}
        opened={opened}
        onClose={close}
        submit={t("review.examples_submit")}
        work={send}
        onSubmit={() =>
          send.mutate({
            params: { id: version.id },
            body: { which, count, ...(named.length > 0 ? { labels: named } : {}) },
          })
        }
      >
        <NativeSelect
          label={t("review.view")}
          data={whiches.map((value) => ({ value, label: t(`review.which_${value}`) }))}
          value={which}
          onChange={(event) => setWhich(event.currentTarget.value === "all" ? "all" : "unlabelled")}
        />
        <Textarea
          label={t("review.labels")}
          description={t("review.labels_hint")}
          autosize
          minRows={3}
          maxRows={10}
          value={labels}
          onChange={(event) => setLabels(event.currentTarget.value)}
        />
        <NumberInput
          label={t("review.count")}
          min={1}
          max={countMax}
          allowDecimal={false}
          value={count}
          onChange={(value) => setCount(typeof value === "number" ? value : countMax)}
        />
      </FormDialog>
    </>
  );
}
