import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** Where `npm run dev` finds a server; with a key, requests are the team's without signing in. */
const server = process.env["MILLRACE_URL"] ?? "http://127.0.0.1:8080";
const key = process.env["MILLRACE_OPERATOR_KEY"];

const passedOn = ["/v1", "/admin", "/auth", "/portal", "/partner/v1", "/public/v1", "/docs"];

export default defineConfig({
  plugins: [react()],
  build: {
    target: "es2023",
    cssTarget: ["chrome123", "firefox120", "safari17.5"], // which know light-dark()
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0, // the Content-Security-Policy has no data: for scripts and fonts
    chunkSizeWarningLimit: 700,
  },
  server: {
    proxy: Object.fromEntries(
      passedOn.map((path) => [
        path,
        { target: server, ...(key ? { headers: { authorization: `Bearer ${key}` } } : {}) },
      ]),
    ),
  },
});
