// The web page: the bundled files of web/, read once, served with a content security policy.

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

/** Nothing inline, nothing foreign: what a program prints can never become code of the page. */
export const PAGE_CSP = [
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
  "<!doctype html><title>ptyline</title><p>The page was not built: run <code>npm run build</code>, or use the API."

type File = {
  path: string
  body: Uint8Array<ArrayBuffer>
  gzip: Uint8Array<ArrayBuffer> | null
  type: string
  /** Made when it is first asked for. */
  tag?: string
}

/** Adds a route per file; index.html is also the root, and what the paths of `also` answer. */
export function addPage(app: Hono<AppEnv>, also: readonly string[] = []): void {
  const files = pageFiles()
  for (const file of files) app.get(`/${file.path}`, c => answer(file, c))
  // pages are known without their ending too
  for (const file of files)
    if (file.path.endsWith(".html")) app.get(`/${file.path.slice(0, -".html".length)}`, c => answer(file, c))
  const index = files.find(file => file.path === "index.html")
  app.get("/", c => (index ? answer(index, c) : c.html(NOT_BUILT, 503)))
  const elsewhere = index && rooted(index)
  for (const path of also) app.get(path, c => (elsewhere ? answer(elsewhere, c) : c.html(NOT_BUILT, 503)))
}

/** The page as it is on another path: its files are named from the root. */
function rooted(page: File): File {
  const html = new TextDecoder().decode(page.body).replaceAll('="./', '="/')
  return { ...page, body: new TextEncoder().encode(html), gzip: null }
}

function answer(file: File, c: Context<AppEnv>): Response {
  const { path, body, gzip, type } = file
  const zipped = gzip !== null && /\bgzip\b/.test(c.req.header("accept-encoding") ?? "")
  const headers = new Headers({
    "Content-Type": type,
    "Content-Security-Policy": PAGE_CSP,
    Vary: "Accept-Encoding",
    ETag: tagOf(file),
  })
  // bundled files carry a hash of their content in their name
  headers.set(
    "Cache-Control",
    /[-.][0-9a-z]{8}\.\w+$/.test(path) ? "public, max-age=31536000, immutable" : "no-cache",
  )
  if (c.req.header("if-none-match")?.includes(tagOf(file)))
    return new Response(null, { status: 304, headers })
  if (zipped) headers.set("Content-Encoding", "gzip")
  return new Response(zipped ? gzip : body, { headers })
}

/** Weak: the same for the file as it is and for its compressed form (RFC 9110, 8.8.1). */
function tagOf(file: File): string {
  file.tag ??= `W/"${createHash("sha256").update(file.body).digest("base64url").slice(0, 22)}"`
  return file.tag
}

/** Beside the program in the executable, in dist/ when run from source; nowhere before the first build. */
function pageFiles(): File[] {
  const places = [join(import.meta.dirname, "web"), join(import.meta.dirname, "../../../dist/web")]
  const directory = places.find(place => existsSync(join(place, "index.html")))
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
