// Before the first paint, so that a dark page never flashes white. A file, because the policy allows no inline script.
(() => {
  const stored = localStorage.getItem("millrace.theme");
  const dark = stored === "dark" || (stored !== "light" && window.matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light");
})();
