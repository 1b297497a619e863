import type { MantineColorScheme, MantineColorSchemeManager } from "@mantine/core";

const remembered = "millrace.theme";

/** Remembers light, dark or the system's choice under the name that `public/theme.js` reads before the first paint. */
export const schemeManager: MantineColorSchemeManager = {
  get: (fallback) => (localStorage.getItem(remembered) as MantineColorScheme | null) ?? fallback,
  set: (value) => localStorage.setItem(remembered, value),
  subscribe() {},
  unsubscribe() {},
  clear: () => localStorage.removeItem(remembered),
};
