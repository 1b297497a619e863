/**
 * The URL of a module's compiled twin. Worker threads and child processes run JavaScript; when the caller itself runs
 * from `src/**.ts` (tests), its twin is in `dist/`, written by `npm run build`. For the file beside it:
 * `new URL("./sibling.js", compiledUrl(import.meta.url))`.
 */
export function compiledUrl(moduleUrl: string | URL): URL {
  const href = String(moduleUrl);
  if (!href.endsWith(".ts")) return new URL(href);
  const at = href.lastIndexOf("/src/");
  return new URL(`${href.slice(0, at)}/dist/${href.slice(at + 5, -3)}.js`);
}
