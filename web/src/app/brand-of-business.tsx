import { useEffect } from "react";
import { useGet } from "../api/queries.ts";
import type { Answer } from "../api/client.ts";
import { useText } from "../i18n/text.ts";

type Brand = Answer<"GET /public/v1/branding">;

/** How the business shows itself; while the caller is shown, the page has its accent. */
export function useBrand(): Brand | undefined {
  const { data } = useGet("GET /public/v1/branding", {});
  const { accent, accent_dark: dark } = data ?? {};
  useEffect(() => (accent && dark ? paint(coloursOf(accent, dark)) : undefined), [accent, dark]);
  return data;
}

/** Where to find help, if the business says so. */
export function Support({ brand }: { readonly brand: Brand | undefined }) {
  const { t } = useText();
  if (!brand?.support_email) return null;
  return (
    <p>
      {t("portal.help")} <a href={`mailto:${brand.support_email}`}>{brand.support_email}</a>
    </p>
  );
}

function coloursOf(light: string, dark: string): Readonly<Record<string, string>> {
  const hover = `color-mix(in srgb, ${light} 85%, black)`;
  const soft = `light-dark(color-mix(in srgb, ${light} 6%, white), color-mix(in srgb, ${dark} 12%, #171c1d))`;
  return {
    "--accent": `light-dark(${light}, ${dark})`,
    "--accent-soft": soft,
    "--mantine-color-water-filled": light,
    "--mantine-color-water-filled-hover": hover,
    "--mantine-color-water-light-hover": soft,
    "--mantine-primary-color-filled": light,
    "--mantine-primary-color-filled-hover": hover,
  };
}

/** Sets variables of the document by script, as the policy allows, and returns what takes them back. */
function paint(colours: Readonly<Record<string, string>>): () => void {
  const { style } = document.documentElement;
  for (const [name, value] of Object.entries(colours)) style.setProperty(name, value);
  return () => {
    for (const name of Object.keys(colours)) style.removeProperty(name);
  };
}
