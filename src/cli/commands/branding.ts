import { type Branding, changeBranding, getBranding } from "../../sell/index.ts";
import type { Command } from "../command.ts";
import { facts } from "../terminal.ts";

const shown = (data: Branding) => ({
  data,
  text: facts([
    ["Name", data.name ?? "Millrace"],
    ["Accent", data.accent ?? "Millrace's"],
    ["Support", data.supportEmail ?? "not shown"],
  ]),
});

export const brandingShow: Command = {
  name: "branding show",
  summary: "how the business shows itself to its customers",
  args: [],
  options: {},
  async run({ world }) {
    const { store } = await world.open();
    return shown(await getBranding(store));
  },
};

export const brandingSet: Command = {
  name: "branding set",
  summary: "change the name, accent or support address on sign-in, portals and product pages; default takes one away",
  args: [],
  options: {
    name: { type: "text", help: "of the business" },
    accent: { type: "text", value: "#RRGGBB", help: "dark enough to be read on a light page" },
    support: { type: "text", value: "EMAIL", help: "where customers find help" },
  },
  example: "millrace branding set --name 'Example Ltd' --accent '#0b57d0'",
  async run(invocation) {
    const { store } = await invocation.world.open();
    const flags = { name: "name", accent: "accent", supportEmail: "support" } as const;
    const given = Object.entries(flags).flatMap(([field, flag]) => {
      const text = invocation.text(flag);
      return text === undefined ? [] : [[field, text === "default" ? null : text] as const];
    });
    return shown(await changeBranding(store, Object.fromEntries(given)));
  },
};
