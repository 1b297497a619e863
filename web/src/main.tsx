import "@mantine/core/styles.css";
import "./app/tokens.css";
import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { createRoot } from "react-dom/client";
import { createQueryClient } from "./app/query-client.ts";
import { appRouter } from "./app/router.ts";
import { schemeManager } from "./app/scheme.ts";
import { theme } from "./app/theme.ts";
import { ToastProvider } from "./ui/toasts.tsx";
import { preferredLanguage, speak } from "./i18n/language.ts";

const root = document.querySelector("#root");
if (!root) throw new Error("The page has no #root.");

await speak(preferredLanguage());

createRoot(root).render(
  <MantineProvider
    theme={theme}
    defaultColorScheme="auto"
    colorSchemeManager={schemeManager}
    withCssVariables={false}
    withGlobalClasses={false}
  >
    <QueryClientProvider client={createQueryClient()}>
      <ToastProvider>
        <RouterProvider router={appRouter} />
      </ToastProvider>
    </QueryClientProvider>
  </MantineProvider>,
);
