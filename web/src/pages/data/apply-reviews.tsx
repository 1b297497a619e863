import { Button } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useGet, usePost } from "../../api/queries.ts";
import { useText } from "../../i18n/text.ts";
import { useErrorText } from "../../ui/states.tsx";
import { useToast } from "../../ui/toasts.tsx";

/** Shown while reviewed examples of the dataset exist: they become its next version. */
export function ApplyReviews({ dataset }: { readonly dataset: { readonly id: string; readonly name: string } }) {
  const { t } = useText();
  const toast = useToast();
  const errorText = useErrorText();
  const navigate = useNavigate();
  const counts = useGet("GET /admin/v1/review-counts", {});
  const apply = usePost("POST /admin/v1/datasets/{id}/apply-reviews", {
    touches: ["GET /admin/v1/datasets"],
    onDone: ({ id }) => void navigate({ to: "/data/versions/$id", params: { id }, search: { tab: "changes" } }),
  });
  const settled = counts.data?.data.some(
    ({ queue, state, count }) => queue === `dataset:${dataset.name}` && state === "settled" && count > 0,
  );
  if (!settled) return null;
  const submit = (): void =>
    apply.mutate({ params: { id: dataset.id }, body: {} }, { onError: (error) => toast(errorText(error), "bad") });
  return (
    <Button variant="default" loading={apply.isPending} onClick={submit}>
      {t("review.apply")}
    </Button>
  );
}
