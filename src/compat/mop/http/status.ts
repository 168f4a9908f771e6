// What MOP's server answers to people and health checks besides its API (contract mop, 2.5).

import type { Hono } from "@hono/hono"
import type { AppEnv } from "../../../http/peer.ts"
import { asyncApiYaml, asyncDocsPage } from "./asyncapi.ts"

/** Paths where MOP had pages of its own; the server's page stands there. */
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
const HINT = "ptyline: MOP's API is at /mop/, its reference at /docs, the page at /ui/\n"

export function addStatus(app: Hono<AppEnv>): void {
  app.get("/", (c, next) => {
    const accept = c.req.header("accept") ?? ""
    if (accept === "application/json")
      return c.json({ status: "use /mop/", comment: "the reference is at /docs", code: 0 }, 400)
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
