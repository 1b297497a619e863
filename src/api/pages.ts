import { createHash, randomBytes } from "node:crypto";
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { ApiDeps } from "./deps.ts";
import { siteOf } from "./admit.ts";

/** The built console: `index.html` for every page of the app, and files whose names change with their content. */
export interface Pages {
  /** Undefined until it is built. Looked at anew when it was built again. */
  index(): string | undefined;
  file(name: string): PageFile | undefined;
}

interface PageFile {
  readonly type: string;
  readonly body: Buffer;
  readonly etag: string;
  readonly isHashed: boolean;
  compressed(encoding: "br" | "gzip"): Buffer;
}

/** Paths that are the server's own; all others are pages of the app. */
const ownPaths =
  /^\/(v1|admin|auth|portal\/v1|partner\/v1|public|docs|webhooks|healthz|readyz|metrics|openapi\.json)(\/|$|\?)/;

export function isPagePath(method: string, url: string): boolean {
  return (method === "GET" || method === "HEAD") && !ownPaths.test(url);
}

const nonceMark = "__CSP_NONCE__";

export function openPages(folder: string): Pages {
  let files = new Map<string, PageFile>();
  let html: string | undefined;
  let builtAtMs = -1;
  const refresh = (): void => {
    const index = path.join(folder, "index.html");
    const found = existsSync(index) ? statSync(index).mtimeMs : undefined;
    if (found === undefined || found === builtAtMs) return;
    files = readFiles(folder);
    html = readFileSync(index, "utf8");
    builtAtMs = found;
  };
  refresh();
  return {
    index() {
      refresh();
      return html;
    },
    file(name) {
      const found = files.get(name);
      if (!found) refresh();
      return found ?? files.get(name);
    },
  };
}

const types: { readonly [extension: string]: string } = {
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".json": "application/json; charset=utf-8",
  ".webmanifest": "application/manifest+json",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
};

/** Only what the build made, by its whole name: no path that is asked for ever touches the disk. */
function readFiles(folder: string): Map<string, PageFile> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true });
  return new Map(
    names.flatMap((entry) => {
      const at = path.join(entry.parentPath, entry.name);
      const type = types[path.extname(entry.name)];
      if (!entry.isFile() || type === undefined) return [];
      return [[`/${path.relative(folder, at).split(path.sep).join("/")}`, pageFile(at, type)] as const];
    }),
  );
}

function pageFile(at: string, type: string): PageFile {
  const body = readFileSync(at);
  const kept = new Map<string, Buffer>();
  return {
    type,
    body,
    etag: `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`,
    isHashed: /[.-][\w-]{8,}\.\w+$/.test(path.basename(at)) && at.includes(`${path.sep}assets${path.sep}`),
    compressed(encoding) {
      const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } };
      const made =
        kept.get(encoding) ?? (encoding === "br" ? brotliCompressSync(body, quality) : gzipSync(body, { level: 9 }));
      kept.set(encoding, made);
      return made;
    },
  };
}

const notBuilt =
  "The console is not built yet: npm run build. The API is at /v1 and /admin/v1, its reference at /docs.\n";

export function sendPage(pages: Pages, request: FastifyRequest, reply: FastifyReply, site: string): FastifyReply {
  const name = request.url.split("?")[0] ?? "/";
  const file = pages.file(name);
  if (file) return sendFile(file, request, reply);
  if (name.startsWith("/assets/"))
    return reply.status(404).type("text/plain; charset=utf-8").send("There is no such file.\n");
  const html = pages.index();
  if (html === undefined) return reply.status(404).type("text/plain; charset=utf-8").send(notBuilt);
  const nonce = randomBytes(16).toString("base64");
  return reply
    .headers({ "content-security-policy": policy(nonce, site), "cache-control": "no-cache" })
    .type("text/html; charset=utf-8")
    .send(html.replaceAll(nonceMark, nonce));
}

function sendFile(file: PageFile, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  void reply.headers({
    "cache-control": file.isHashed ? "public, max-age=31536000, immutable" : "no-cache",
    etag: file.etag,
    vary: "accept-encoding",
  });
  if (request.headers["if-none-match"] === file.etag) return reply.status(304).send();
  const accepted = request.headers["accept-encoding"] ?? "";
  const packs = /^(text|application|image\/svg)/.test(file.type) && file.body.length > 1_000;
  const encoding = packs ? (["br", "gzip"] as const).find((name) => accepted.includes(name)) : undefined;
  void reply.type(file.type);
  if (encoding === undefined) return reply.send(file.body);
  return reply.header("content-encoding", encoding).send(file.compressed(encoding));
}

/** Scripts and styles are files of ours; a style tag needs this answer's nonce. Nobody may frame the console. */
function policy(nonce: string, site: string): string {
  return [
    "default-src 'self'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    ...(site.startsWith("https://") ? ["upgrade-insecure-requests"] : []),
  ].join("; ");
}

/** On everything but the paid plane: not to be framed, sniffed, or told to other sites. */
export function guardPages(app: FastifyInstance, deps: Pick<ApiDeps, "publicUrl">): void {
  app.addHook("onRequest", (request, reply, done) => {
    if (request.url.startsWith("/v1/")) return done();
    void reply.headers({
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "referrer-policy": "no-referrer",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
      "permissions-policy": "camera=(), geolocation=(), microphone=()",
    });
    if (siteOf(deps, request).startsWith("https://"))
      void reply.header("strict-transport-security", "max-age=31536000");
    if (/^\/(admin|auth|portal\/v1|partner\/v1|public)\//.test(request.url))
      void reply.header("cache-control", "no-store");
    done();
  });
}
