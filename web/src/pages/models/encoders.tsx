import { useNavigate } from "@tanstack/react-router";
import { useMay } from "../../api/auth.ts";
import type { Item } from "../../api/client.ts";
import { useGet, useList, usePost } from "../../api/queries.ts";
import { useText } from "../../i18n/text.ts";
import { ConfirmButton } from "../../ui/confirm-button.tsx";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { Panel } from "../../ui/panel.tsx";

type Encoder = Item<"GET /admin/v1/encoders">;

/** Pretrained encoders that were brought; published, one answers with vectors as a model. Nothing where there are none. */
export function Encoders() {
  const { t, format } = useText();
  const may = useMay();
  const { items } = useList("GET /admin/v1/encoders", {});
  if (items.length === 0) return null;
  const columns: readonly Column<Encoder>[] = [
    { key: "name", title: t("model.name"), cell: ({ name }) => name, room: 1.6 },
    { key: "language", title: t("encoder.language"), cell: ({ language }) => language, priority: 3 },
    { key: "license", title: t("encoder.license"), cell: ({ license }) => license, priority: 2 },
    {
      key: "size",
      title: t("model.size"),
      align: "right",
      priority: 3,
      cell: ({ onnx_bytes }) => format.bytes(onnx_bytes),
    },
    ...(may("models", "write")
      ? [
          {
            key: "publish",
            title: t("encoder.publish"),
            align: "right",
            cell: ({ name }: Encoder) => <Publish name={name} />,
          } as const,
        ]
      : []),
  ];
  return (
    <Panel title={t("encoder.title")}>
      <p>{t("encoder.text")}</p>
      <DataTable label={t("encoder.title")} columns={columns} rows={items} rowKey={({ name }) => name} empty={null} />
    </Panel>
  );
}

function Publish({ name }: { readonly name: string }) {
  const { t } = useText();
  const navigate = useNavigate();
  const publish = usePost("POST /admin/v1/encoders/{name}/publish", {
    touches: ["GET /admin/v1/models"],
    onDone: ({ id }) => void navigate({ to: "/models/$id", params: { id } }),
  });
  return (
    <ConfirmButton
      size="xs"
      label={t("encoder.publish")}
      question={t("encoder.publish_question", { name })}
      onConfirm={() => publish.mutateAsync({ params: { name } })}
      isPending={publish.isPending}
      error={publish.error}
    />
  );
}

/** The encoder within a fine-tuned model, as a model of its own; nothing for a model without one. */
export function PublishVectors({ model }: { readonly model: string }) {
  const { t } = useText();
  const may = useMay();
  const navigate = useNavigate();
  const { data: card } = useGet("GET /admin/v1/models/{id}/card", { params: { id: model } });
  const publish = usePost("POST /admin/v1/models/{id}/publish-vectors", {
    touches: ["GET /admin/v1/models"],
    onDone: ({ id }) => void navigate({ to: "/models/$id", params: { id } }),
  });
  if (!may("models", "write") || !hasEncoder(card)) return null;
  return (
    <ConfirmButton
      label={t("encoder.publish_vectors")}
      question={t("encoder.vectors_question")}
      onConfirm={() => publish.mutateAsync({ params: { id: model } })}
      isPending={publish.isPending}
      error={publish.error}
    />
  );
}

/** The card of a `text-encoder` model says which encoder it began with, and what of it was trained. */
function hasEncoder(card: unknown): boolean {
  const { training } = (card ?? {}) as { training?: { settings?: { encoder?: unknown; train?: unknown } } | null };
  return typeof training?.settings?.encoder === "string" && typeof training.settings.train === "string";
}
