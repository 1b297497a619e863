import { useMay } from "../../api/auth.ts";
import { useGet } from "../../api/queries.ts";

/** A model by its name, for who may read models; else by its id. */
export function ModelName({ id }: { readonly id: string }) {
  return <>{useModelName()(id)}</>;
}

/** Names of the newest hundred models and of upstreams' models; others are shown by id. */
export function useModelName(): (id: string) => string {
  const may = useMay();
  const { data } = useGet("GET /admin/v1/models", { query: { limit: 100 } }, { enabled: may("models") });
  const upstreamNameOf = useUpstreamModelName();
  const named = new Map(data?.data.map((model) => [model.id, model]));
  return (id) => {
    const model = named.get(id);
    return model ? `${model.name} · ${id.slice(-4)}` : upstreamNameOf(id);
  };
}

/** `upstream/model`, for who may read upstreams; else its id. */
export function useUpstreamModelName(): (id: string) => string {
  const may = useMay();
  const { data } = useGet("GET /admin/v1/upstreams", { query: { limit: 100 } }, { enabled: may("settings") });
  const named = new Map(
    data?.data.flatMap(({ name, models }) => models.map((model) => [model.id, `${name}/${model.name}`])),
  );
  return (id) => named.get(id) ?? id;
}
