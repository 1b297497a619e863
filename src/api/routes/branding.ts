import { z } from "zod";
import { type Branding, accentInTheDark, changeBranding, getBranding } from "../../sell/index.ts";
import { type Route, route } from "../route.ts";
import { name } from "../shapes.ts";
import { email } from "../users.ts";

const tag = "Team";
const fields = {
  name: name.nullable().describe("Of the business; null: Millrace."),
  accent: z.string().max(7).nullable().describe("`#rrggbb`, dark enough to be read on a light page; null: Millrace's."),
  support_email: email.nullable().describe("Where customers find help; null: it is not shown."),
};
const shape = z.strictObject({
  object: z.literal("branding"),
  ...fields,
  accent_dark: z.string().nullable().describe("The accent for dark pages, made from the accent."),
});
const brandingOf = ({ name: of, accent, supportEmail }: Branding): z.input<typeof shape> => ({
  object: "branding",
  name: of,
  accent,
  support_email: supportEmail,
  accent_dark: accent === null ? null : accentInTheDark(accent),
});

export const brandingRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/public/v1/branding",
    who: "public",
    tag: "Public",
    summary: "How the business shows itself: its name, its colours, where to find help",
    response: shape,
    handle: async ({ deps }) => brandingOf(await getBranding(deps.store)),
  }),
  route({
    method: "POST",
    path: "/admin/v1/branding",
    who: "operator",
    area: "team",
    tag,
    summary: "Change how the business shows itself: what is given; null takes it away",
    body: z.strictObject(fields).partial(),
    response: shape,
    async handle({ deps, body }) {
      const { support_email: supportEmail, ...rest } = body;
      return brandingOf(await changeBranding(deps.store, { ...rest, supportEmail }));
    },
  }),
];
