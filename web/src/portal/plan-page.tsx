import { Group } from "@mantine/core";
import type { Item } from "../api/client.ts";
import { useList, usePost } from "../api/queries.ts";
import { useText } from "../i18n/text.ts";
import { ConfirmButton } from "../ui/confirm-button.tsx";
import { PageHeader } from "../ui/page-header.tsx";
import { Panel, Stack } from "../ui/panel.tsx";
import { EmptyState, ErrorState, Loading } from "../ui/states.tsx";
import { StateBadge } from "../ui/values.tsx";

type Subscription = Item<"GET /portal/v1/subscriptions">;
const touches = ["GET /portal/v1/subscriptions"];

/** The plans a customer is on, and those it may change to by itself. */
export function PlanPage() {
  const { t } = useText();
  const subscriptions = useList("GET /portal/v1/subscriptions", {});
  if (subscriptions.error)
    return <ErrorState error={subscriptions.error} onRetry={() => void subscriptions.refetch()} />;
  if (subscriptions.isLoading) return <Loading />;
  return (
    <Stack>
      <PageHeader title={t("portal.plan")} />
      {subscriptions.items.length === 0 && (
        <EmptyState icon="sell" title={t("portal.no_plan")} text={t("portal.no_plan_hint")} />
      )}
      {subscriptions.items.map((subscription) => (
        <OnePlan key={subscription.id} of={subscription} />
      ))}
    </Stack>
  );
}

function OnePlan({ of }: { readonly of: Subscription }) {
  const { t } = useText();
  const params = { id: of.id };
  const plans = useList("GET /portal/v1/subscriptions/{id}/plans", { params });
  const change = usePost("POST /portal/v1/subscriptions/{id}/change-plan", { touches });
  const cancel = usePost("POST /portal/v1/subscriptions/{id}/cancel", { touches });
  const resume = usePost("POST /portal/v1/subscriptions/{id}/resume", { touches });
  const others = plans.items.filter(({ id }) => id !== of.plan);
  const name = plans.items.find(({ id }) => id === of.plan)?.name ?? of.plan;
  const end = of.state === "ending" ? resume : cancel;
  return (
    <Panel title={t("portal.current_plan")} actions={<StateBadge state={of.state} />}>
      <Stack>
        <Group justify="space-between">
          <strong>{name}</strong>
          {of.state !== "ended" && (
            <ConfirmButton
              color={of.state === "ending" ? "water" : "red"}
              label={t(of.state === "ending" ? "portal.resume_plan" : "portal.cancel_plan")}
              question={t(of.state === "ending" ? "portal.resume_plan" : "portal.cancel_question")}
              onConfirm={() => end.mutateAsync({ params })}
              isPending={end.isPending}
              error={end.error}
            />
          )}
        </Group>
        <h3>{t("portal.other_plans")}</h3>
        {others.length === 0 && !plans.isLoading && <p>{t("portal.no_other_plans")}</p>}
        {others.map((plan) => (
          <Group key={plan.id} justify="space-between">
            <span>{plan.name}</span>
            <ConfirmButton
              label={t("portal.change_plan")}
              question={t("portal.change_question", { name: plan.name })}
              onConfirm={() => change.mutateAsync({ params, body: { plan: plan.id } })}
              isPending={change.isPending}
              error={change.error}
            />
          </Group>
        ))}
      </Stack>
    </Panel>
  );
}
