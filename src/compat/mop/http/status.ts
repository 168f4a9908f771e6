// MOP's root path and API documents (contract mop, 2.5).

import type { Hono } from "@hono/hono"
import type { AppEnv } from "../../../http/peer.ts"
import { asyncApiYaml, asyncDocsPage } from "./asyncapi.ts"

/** Paths of MOP's own pages. The server's page replaces them. */
export const MOP_PAGES = [
  "/ui",
  "/ui/",
  "/ui/session",
  "/ui/xterm",
  "/client",
  "/client/*",
  "/favicon.ico",
] as const

const DOCS_CSP = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"
const HINT = "ptyline: MOP API at /mop/, reference at /docs, page at /ui/\n"

export function addStatus(app: Hono<AppEnv>): void {
  app.get("/", (c, next) => {
    const accept = c.req.header("accept") ?? ""
    if (accept === "application/json")
      return c.json({ status: "use /mop/", comment: "see /docs for the reference", code: 0 }, 400)
    return accept.includes("text/html") ? next() : c.text(HINT)
  })
  app.get("/asyncapi.yaml", c => {
    const page = (c.req.header("accept") ?? "").includes("text/html")
    return c.body(asyncApiYaml(), 200, {
      "Content-Type": page ? "text/plain; charset=utf-8" : "application/yaml",
    })
  })
  app.get("/asyncDocs", c => c.html(asyncDocsPage(), 200, { "Content-Security-Policy": DOCS_CSP }))
}
