import type { NavigateOptions } from "@tanstack/react-router";
import { useMay } from "../api/auth.ts";
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

/** Places of the console whose name has the words that one typed. */
export function useFound(wish: string): readonly Found[] {
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
