// Static files of the web page, read once and served with a content security policy.

import { createHash } from "node:crypto"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import type { Context, Hono } from "@hono/hono"
import type { AppEnv } from "../peer.ts"

const TYPES: Record<string, string> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
  png: "image/png",
  json: "application/json",
  webmanifest: "application/manifest+json",
  woff2: "font/woff2",
}

/** No inline or foreign code: output of a program can never run in the page. */
const PAGE_CSP = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ")

const NOT_BUILT =
  "<!doctype html><title>ptyline</title><p>The page is not built. Run <code>npm run build</code>, or use the API."

type File = {
  path: string
  body: Uint8Array<ArrayBuffer>
  gzip: Uint8Array<ArrayBuffer> | null
  type: string
  /** Computed on first use. */
  tag?: string
}

/** Adds a route per file. index.html is also served at the root and at the paths in `also`. */
export function addPage(app: Hono<AppEnv>, also: readonly string[] = []): void {
  const files = pageFiles()
  for (const file of files) app.get(`/${file.path}`, c => respond(file, c))
  // a page is also served without its extension
  for (const file of files)
    if (file.path.endsWith(".html")) app.get(`/${file.path.slice(0, -".html".length)}`, c => respond(file, c))
  const index = files.find(file => file.path === "index.html")
  app.get("/", c => (index ? respond(index, c) : c.html(NOT_BUILT, 503)))
  const fromRoot = index && rooted(index)
  for (const path of also) app.get(path, c => (fromRoot ? respond(fromRoot, c) : c.html(NOT_BUILT, 503)))
}

/** The page for another path: its links start at the root. */
function rooted(page: File): File {
  const html = new TextDecoder().decode(page.body).replaceAll('="./', '="/')
  return { ...page, body: new TextEncoder().encode(html), gzip: null }
}

function respond(file: File, c: Context<AppEnv>): Response {
  const { path, body, gzip, type } = file
  const zipped = gzip !== null && /\bgzip\b/.test(c.req.header("accept-encoding") ?? "")
  const headers = new Headers({
    "Content-Type": type,
    "Content-Security-Policy": PAGE_CSP,
    Vary: "Accept-Encoding",
    ETag: tagOf(file),
  })
  // names of bundled files contain a hash of their content
  headers.set(
    "Cache-Control",
    /[-.][0-9a-z]{8}\.\w+$/.test(path) ? "public, max-age=31536000, immutable" : "no-cache",
  )
  if (c.req.header("if-none-match")?.includes(tagOf(file)))
    return new Response(null, { status: 304, headers })
  if (zipped) headers.set("Content-Encoding", "gzip")
  return new Response(zipped ? gzip : body, { headers })
}

/** Weak, because the file and its compressed form share it (RFC 9110, 8.8.1). */
function tagOf(file: File): string {
  file.tag ??= `W/"${createHash("sha256").update(file.body).digest("base64url").slice(0, 22)}"`
  return file.tag
}

/** The page's files: next to the program in the executable, in dist/ from source. Empty before a build. */
function pageFiles(): File[] {
  const candidates = [join(import.meta.dirname, "web"), join(import.meta.dirname, "../../../dist/web")]
  const directory = candidates.find(path => existsSync(join(path, "index.html")))
  if (!directory) return []
  const names = readdirSync(directory, { recursive: true, encoding: "utf8" })
  return names.filter(name => extension(name) in TYPES).map(name => readPageFile(directory, name))
}

function readPageFile(directory: string, name: string): File {
  const zipped = join(directory, `${name}.gz`)
  const read = (path: string) => new Uint8Array(readFileSync(path))
  const gzip = existsSync(zipped) ? read(zipped) : null
  return {
    path: name.replaceAll("\\", "/"),
    body: read(join(directory, name)),
    gzip,
    type: TYPES[extension(name)]!,
  }
}

const extension = (name: string): string => name.slice(name.lastIndexOf(".") + 1)
