/**
 * Where a module's compiled twin lives. Worker threads and child processes run JavaScript; when the caller itself
 * runs from `src/**.ts` (tests, development), its twin is in `dist/` and `npm run build` must have made it.
 */
export function compiledUrl(moduleUrl: string | URL): URL {
  const href = String(moduleUrl);
  if (!href.endsWith(".ts")) return new URL(href);
  const at = href.lastIndexOf("/src/");
  return new URL(`${href.slice(0, at)}/dist/${href.slice(at + 5, -3)}.js`);
}
