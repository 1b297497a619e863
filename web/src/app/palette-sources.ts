import { useDebouncedValue } from "@mantine/hooks";
import type { NavigateOptions } from "@tanstack/react-router";
import { useMay } from "../api/auth.ts";
import type { Item } from "../api/client.ts";
import { useGet } from "../api/queries.ts";
import { useText } from "../i18n/text.ts";
import type { IconName } from "../ui/icon.tsx";
import { sections } from "./navigation.ts";

export interface Found {
  readonly key: string;
  readonly icon: IconName;
  readonly name: string;
  /** What it is, beside its name. */
  readonly kind: string;
  readonly link: NavigateOptions;
}

/** Places of the console whose name has the words that one typed, then what the team has by that name. */
export function useFound(wish: string): { readonly found: readonly Found[]; readonly isLooking: boolean } {
  const places = usePlaces(wish);
  const { things, isLooking } = useThings(wish.trim());
  return { found: [...places, ...things], isLooking };
}

function usePlaces(wish: string): readonly Found[] {
  const { t } = useText();
  const may = useMay();
  const places = sections
    .filter(({ area }) => area === null || may(area))
    .flatMap((section): Found[] => [
      { key: section.to, icon: section.icon, name: t(section.name), kind: t("palette.page"), link: { to: section.to } },
      ...(section.pages ?? [])
        .filter(({ area, to }) => (area === null || may(area)) && to !== section.to)
        .map(({ to, name }) => ({ key: to, icon: section.icon, name: t(name), kind: t(section.name), link: { to } })),
    ]);
  const words = wish.toLowerCase().split(/\s+/).filter(Boolean);
  return places.filter(({ name, kind }) => words.every((word) => `${name} ${kind}`.toLowerCase().includes(word)));
}

type Thing = Item<"GET /admin/v1/search">;

const kinds: {
  readonly [K in Thing["kind"]]: { readonly icon: IconName; readonly link: (thing: Thing) => NavigateOptions };
} = {
  dataset: { icon: "data", link: ({ id }) => ({ to: "/data/$id", params: { id } }) },
  model: { icon: "models", link: ({ id }) => ({ to: "/models/$id", params: { id } }) },
  endpoint: { icon: "endpoints", link: ({ name }) => ({ to: "/endpoints/$name", params: { name } }) },
  product: { icon: "sell", link: ({ id }) => ({ to: "/sell/products/$id", params: { id } }) },
  customer: { icon: "sell", link: ({ id }) => ({ to: "/sell/customers/$id", params: { id } }) },
  invoice: { icon: "sell", link: ({ id }) => ({ to: "/sell/invoices/$id", params: { id } }) },
  partner: { icon: "channels", link: ({ id }) => ({ to: "/channels/partners/$id", params: { id } }) },
};

const pauseMs = 150;
const charsMin = 2;
const charsMax = 100;

/** Asked when one pauses; never those of another wish, since Enter would lead there. */
function useThings(wish: string): { readonly things: readonly Found[]; readonly isLooking: boolean } {
  const { word } = useText();
  const [q] = useDebouncedValue(wish, pauseMs);
  const isAsked = wish.length >= charsMin && wish.length <= charsMax;
  const enabled = isAsked && q === wish;
  const { data, isPlaceholderData, isFetching } = useGet("GET /admin/v1/search", { query: { q } }, { enabled });
  const isKnown = enabled && data !== undefined && !isPlaceholderData;
  const things = (isKnown ? data.data : []).map((thing): Found => {
    const { icon, link } = kinds[thing.kind];
    return {
      key: `${thing.kind} ${thing.id}`,
      icon,
      name: thing.name,
      kind: word("found", thing.kind),
      link: link(thing),
    };
  });
  return { things, isLooking: isAsked && !isKnown && (!enabled || isFetching) };
}
