import { NativeSelect } from "@mantine/core";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useList } from "../../api/queries.ts";
import { useText } from "../../i18n/text.ts";

/** Chooses the model to lay beside this one, and goes there. */
export function ModelPicker({ label, without }: { readonly label: string; readonly without: string }) {
  const { t, format } = useText();
  const navigate = useNavigate();
  const { id } = useParams({ strict: false });
  const { items } = useList("GET /admin/v1/models", {});
  const others = items.filter((model) => model.id !== without);
  if (others.length === 0 || !id) return null;
  return (
    <NativeSelect
      aria-label={label}
      data={[
        { value: "", label: t("model.compare_with") },
        ...others.map((model) => ({
          value: model.id,
          label: `${model.name} · ${format.dateTime(model.created_at_ms)}`,
        })),
      ]}
      value=""
      onChange={(event) =>
        void navigate({ to: "/models/$id/compare", params: { id }, search: { with: event.currentTarget.value } })
      }
    />
  );
}
